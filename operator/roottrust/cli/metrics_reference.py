"""Writes docs/reference/metrics.md: `python -m roottrust.cli.metrics_reference`.

It lies in the topmost layer, since operator and agent know nothing of each other.
"""

from __future__ import annotations

import sys

from roottrust.agent.metrics import AgentMetrics
from roottrust.api.generated import run
from roottrust.runtime.metric_book import MetricInfo
from roottrust.runtime.metrics import Metrics

_INTRODUCTION = """\
<!-- Made by `python -m roottrust.cli.metrics_reference` from the metrics. -->

# Metrics

`/metrics` of the operator (port 8080) and of the agent beside each istiod (port 9443), in
Prometheus's text format. Who has a metric: the `hub`, the `cluster role` (one process may be both),
or the `agent`. How to scrape them, and what to look at first: [monitoring.md](../monitoring.md).

Times are seconds since 1970 (`_timestamp_seconds`): subtract them from `time()`. A metric of a
policy, mesh or directive ends with the object. Policies that lie in workload clusters have none.
A policy's meshes are those that its status lists: 100 at most, those that lack something first.
"""


def list_metrics() -> tuple[MetricInfo, ...]:
    """Return all metrics of the product, by name."""
    found = (*Metrics().infos, *AgentMetrics().infos)
    return tuple(sorted(found, key=lambda each: each.name))


def render_page() -> str:
    """Return the page."""
    rows = (
        f"| `{each.name}` | {each.type} | {', '.join(f'`{label}`' for label in each.labels)} "
        f"| {', '.join(each.processes)} | {each.meaning} |"
        for each in list_metrics()
    )
    table = ["| name | type | labels | who has it | meaning |", "|---|---|---|---|---|", *rows]
    return "\n".join([_INTRODUCTION, *table]) + "\n"


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files={"metrics.md": render_page()},
            program=__spec__.name,
            default="docs/reference",
        )
    )

"""The reference of metrics, and the rules that all of them follow."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry

from roottrust.agent.metrics import AgentMetrics
from roottrust.cli.metrics_reference import list_metrics, render_page
from roottrust.runtime.metric_book import MetricInfo, MetricType
from roottrust.runtime.metrics import Metrics
from tests.session import REPOSITORY

# They would make a series for each pod, leaf or namespace of a workload.
UNBOUNDED = {"pod", "serial", "fingerprint", "uid", "path", "workload", "issuer"}
ALL = pytest.mark.parametrize("metric", list_metrics(), ids=lambda each: each.name)


def test_the_page_is_made_from_the_metrics() -> None:
    page = REPOSITORY / "docs/reference/metrics.md"
    assert page.read_text() == render_page(), "run `make crds`"


@pytest.mark.parametrize("registry", [Metrics().registry, AgentMetrics().registry])
def test_every_metric_that_is_registered_is_in_the_page(registry: CollectorRegistry) -> None:
    page = render_page()
    for family in registry.collect():
        suffix = "_total" if family.type == "counter" else ""
        assert f"| `{family.name}{suffix}` | {family.type} |" in page


def test_nothing_is_in_the_page_that_is_not_registered() -> None:
    families = [*Metrics().registry.collect(), *AgentMetrics().registry.collect()]
    assert len(list_metrics()) == len(families)


@ALL
def test_names_follow_prometheus(metric: MetricInfo) -> None:
    assert re.fullmatch("roottrust(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.type is MetricType.COUNTER)
    assert not metric.name.endswith(("_count", "_sum", "_bucket", "_milliseconds", "_age"))


@ALL
def test_a_meaning_is_a_sentence(metric: MetricInfo) -> None:
    assert re.fullmatch(r"[A-Z1].*\.", metric.meaning)
    assert "|" not in metric.meaning


@ALL
def test_labels_are_bounded(metric: MetricInfo) -> None:
    assert not UNBOUNDED & set(metric.labels)

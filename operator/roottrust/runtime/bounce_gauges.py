"""How far a PodBounceDirective is, in numbers: read off its status, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import WorkloadState
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.runtime.metric_book import MetricInfo, Process
from roottrust.runtime.object_gauges import Reading


def _of_bounce(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name=f"roottrust_bounce_{name}",
        meaning=meaning,
        labels=("namespace", "directive"),
        processes=(Process.CLUSTER,),
    )


WORKLOADS = _of_bounce("workloads", "Workloads that the directive is to restart.")
DONE_WORKLOADS = _of_bounce("done_workloads", "Workloads that are restarted.")
FAILED_WORKLOADS = _of_bounce("failed_workloads", "Workloads whose restart did not finish.")

BOUNCE_GAUGES = (WORKLOADS, DONE_WORKLOADS, FAILED_WORKLOADS)


def read_bounce(
    namespace: str, directive: str, status: PodBounceDirectiveStatus
) -> Iterator[Reading]:
    """Return what a status tells; what it does not know has no value."""
    labels = (namespace, directive)
    if status.total is None:
        return
    failed = sum(each.state is WorkloadState.FAILED for each in status.workloads)
    yield Reading(WORKLOADS, labels, status.total)
    yield Reading(DONE_WORKLOADS, labels, status.done or 0)
    yield Reading(FAILED_WORKLOADS, labels, failed)

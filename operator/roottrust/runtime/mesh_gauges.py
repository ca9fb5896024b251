"""What the cluster role tells of a Mesh in numbers: read off its status, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.mesh import MeshStatus
from roottrust.runtime.metric_book import MetricInfo, Process
from roottrust.runtime.object_gauges import Reading


def _of_mesh(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name=f"roottrust_mesh_{name}",
        meaning=meaning,
        labels=("mesh",),
        processes=(Process.CLUSTER,),
    )


ISTIODS = _of_mesh("istiods", "Replicas of istiod that are wanted.")
READY_ISTIODS = _of_mesh("ready_istiods", "Replicas of istiod that are ready.")
NAMESPACES = _of_mesh("namespaces", "Namespaces that should have istiod's roots.")
STALE_NAMESPACES = _of_mesh(
    "stale_namespaces", "Namespaces that do not have the roots that istiod publishes now."
)
STALE_WORKLOADS = _of_mesh(
    "stale_workloads", "Workloads that may still trust only the roots before."
)
SELF_SIGNED = _of_mesh(
    "self_signed_state", "1 if istiod made a root of its own, 0 if it has the one it was given."
)

MESH_GAUGES = (ISTIODS, READY_ISTIODS, NAMESPACES, STALE_NAMESPACES, STALE_WORKLOADS, SELF_SIGNED)


def read_mesh(mesh: str, status: MeshStatus) -> Iterator[Reading]:
    """Return what a status tells; what it does not know has no value."""
    labels = (mesh,)
    if status.istiod is not None:
        yield Reading(ISTIODS, labels, status.istiod.total)
        yield Reading(READY_ISTIODS, labels, status.istiod.ready)
    if status.namespaces is not None:
        found = status.namespaces
        yield Reading(NAMESPACES, labels, found.total)
        yield Reading(STALE_NAMESPACES, labels, max(found.total - found.in_sync, 0))
    if status.stale_workloads is not None:
        yield Reading(STALE_WORKLOADS, labels, status.stale_workloads.total)
    if status.self_signed is not None:
        yield Reading(SELF_SIGNED, labels, float(status.self_signed))

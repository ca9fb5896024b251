"""What is told of a RootTrustPolicy in numbers: read off its status, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.api.root_trust_policy_status import MeshStatus, RootTrustPolicyStatus
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.report import is_person_needed
from roottrust.runtime.metric_book import MetricInfo, Process
from roottrust.runtime.object_gauges import Reading

_POLICY = ("namespace", "policy")
_MESH = (*_POLICY, "cluster", "mesh")


def _of_policy(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name=f"roottrust_policy_{name}", meaning=meaning, labels=_POLICY, processes=(Process.HUB,)
    )


def _of_mesh(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name=f"roottrust_policy_mesh_{name}",
        meaning=meaning,
        labels=_MESH,
        processes=(Process.HUB,),
    )


def _of_rotation(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name=f"roottrust_root_rotation_{name}",
        meaning=meaning,
        labels=(*_POLICY, "stage"),
        processes=(Process.HUB,),
    )


ROOT_END = _of_policy("root_not_after_timestamp_seconds", "When the root CA in use ends.")
MESHES = _of_policy("meshes", "Meshes that the policy selects.")
READY_MESHES = _of_policy("ready_meshes", "Meshes of the policy that are ready.")
DIFFERENCES = _of_policy(
    "differences",
    "Differences in Vault that its status tells of: those that are not repaired, such as "
    "conflicts, or with mode Observe all; 100 at most.",
)
WARNINGS = _of_policy("warnings", "Warnings in its status; 32 at most.")

MESH_END = _of_mesh(
    "intermediate_not_after_timestamp_seconds",
    "When the first intermediate of the mesh ends; istiod can sign until then without Vault.",
)
ISTIODS = _of_mesh("istiods", "Replicas of the mesh's istiod.")
READY_ISTIODS = _of_mesh("ready_istiods", "Replicas of istiod that serve the current chain.")
NAMESPACES = _of_mesh("namespaces", "Namespaces that should have the trust bundle.")
STALE_NAMESPACES = _of_mesh(
    "stale_namespaces", "Namespaces that do not have the current trust bundle."
)

STAGE = _of_rotation("stage_state", "1 for the stage under way.")
STAGE_BEGIN = _of_rotation("stage_started_timestamp_seconds", "When the stage under way began.")
WAITING_CLUSTERS = _of_rotation("waiting_clusters", "Clusters that the stage waits for.")
WAITING_MESHES = _of_rotation(
    "waiting_meshes", "Meshes in these clusters that have not given their evidence."
)
PERSON_NEEDED = _of_rotation(
    "person_needed_state", "1 while the stage waits for what only a person can do, 0 if not."
)

_MESH_GAUGES = (MESH_END, ISTIODS, READY_ISTIODS, NAMESPACES, STALE_NAMESPACES)
_ROTATION_GAUGES = (STAGE, STAGE_BEGIN, WAITING_CLUSTERS, WAITING_MESHES, PERSON_NEEDED)
POLICY_GAUGES = (
    ROOT_END,
    MESHES,
    READY_MESHES,
    DIFFERENCES,
    WARNINGS,
    *_MESH_GAUGES,
    *_ROTATION_GAUGES,
)


def read_policy(namespace: str, policy: str, status: RootTrustPolicyStatus) -> Iterator[Reading]:
    """Return what a status tells; what it does not know has no value."""
    labels = (namespace, policy)
    if status.root is not None:
        yield _at(ROOT_END, labels, status.root.not_after)
    if status.mesh_totals is not None:
        yield Reading(MESHES, labels, status.mesh_totals.total)
        yield Reading(READY_MESHES, labels, status.mesh_totals.ready)
    yield Reading(DIFFERENCES, labels, len(status.drift))
    yield Reading(WARNINGS, labels, len(status.warnings))
    for mesh in status.meshes:
        yield from _read_mesh((*labels, mesh.cluster, mesh.mesh), mesh)
    # One that is another policy's is shown for that.
    if status.rotation is not None and status.rotation.owner is None:
        is_needed = is_person_needed(status)
        yield from _read_rotation(labels, status.rotation, is_person_needed=is_needed)


def _read_mesh(labels: tuple[str, ...], mesh: MeshStatus) -> Iterator[Reading]:
    if mesh.earliest_not_after is not None:
        yield _at(MESH_END, labels, mesh.earliest_not_after)
    yield Reading(ISTIODS, labels, mesh.instances_total)
    yield Reading(READY_ISTIODS, labels, mesh.instances_ready)
    yield Reading(NAMESPACES, labels, mesh.namespaces_total)
    stale = max(mesh.namespaces_total - mesh.namespaces_in_sync, 0)
    yield Reading(STALE_NAMESPACES, labels, stale)


def _read_rotation(
    policy: tuple[str, ...], rotation: RotationStatus, *, is_person_needed: bool
) -> Iterator[Reading]:
    if rotation.stage is None or rotation.stage_started_at is None:
        return
    labels = (*policy, rotation.stage.value)
    waiting = [each for each in rotation.clusters if each.message is not None]
    yield Reading(STAGE, labels, 1)
    yield _at(STAGE_BEGIN, labels, rotation.stage_started_at)
    yield Reading(WAITING_CLUSTERS, labels, len(waiting))
    meshes = sum(each.meshes_total - each.meshes_done for each in waiting)
    yield Reading(WAITING_MESHES, labels, meshes)
    yield Reading(PERSON_NEEDED, labels, float(is_person_needed))


def _at(metric: MetricInfo, labels: tuple[str, ...], at: datetime) -> Reading:
    return Reading(metric, labels, at.timestamp())

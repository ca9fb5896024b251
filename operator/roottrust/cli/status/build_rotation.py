"""The rotation of a root, from what the hub keeps of it in a policy's status and clusters tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import RotationStage, RotationStrategy
from roottrust.api.mesh import MeshStatus, RotationEvidence
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.api.rotation_status import PastRotation, RotationCluster, RotationStatus
from roottrust.cli.status.found import Manifest, MeshKey
from roottrust.cli.status.found_rotation import FoundRotation, read_found_rotation
from roottrust.cli.status.rotation_report import (
    PastRotationReport,
    RotationClusterReport,
    RotationReport,
    SlowestReport,
    StageReport,
    StageState,
)
from roottrust.domain.health import Health
from roottrust.domain.rotation.posture import find_posture, name_step
from roottrust.domain.rotation.report import is_person_needed
from roottrust.domain.rotation.stage import IN_WAVES, is_returning, list_stages, list_way_back


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What counts for one policy: `evidence` is that of the stage under way alone."""

    found: FoundRotation
    warnings: tuple[str, ...]
    evidence: Mapping[MeshKey, RotationEvidence]


def build_rotation(
    manifest: Manifest,
    status: RootTrustPolicyStatus,
    reports: Mapping[MeshKey, MeshStatus],
    *,
    now: datetime,
) -> RotationReport | None:
    """Return how far the rotation of a policy's root is, None where there never was one."""
    found = read_found_rotation(manifest, status.rotation)
    state = found.state
    if status.rotation is None and found.wish.generation == 1:
        return None
    told = _Told(found=found, warnings=status.warnings, evidence=_list_evidence(state, reports))
    waves = len(found.wish.waves) if state.owner is None else 0
    has_waves = state.stage in IN_WAVES and waves > 0
    awaited = found.find_awaited(now=now)
    needs_person = is_person_needed(status)
    return RotationReport(
        health=_judge(found, needs_person=needs_person, awaited=awaited),
        owner=state.owner,
        wanted_generation=found.wish.generation,
        root_generation=state.root_generation,
        to_generation=state.to_generation,
        rejected_generation=state.rejected_generation,
        strategy=state.strategy,
        stage=state.stage,
        stages=tuple(list_stages_of(state, found.wish.strategy)),
        wave=(state.wave or 0) + 1 if has_waves else None,
        waves=waves + 1 if has_waves else None,
        started_at=state.started_at,
        stage_started_at=state.stage_started_at,
        proven_at=state.proven_at,
        compromised=found.is_under_way and found.is_hurried,
        distrusted_at=state.distrusted_at,
        message=state.message,
        needs_person=needs_person or awaited is not None,
        awaits_approval=awaited,
        paused=found.is_under_way and found.is_paused,
        clusters=tuple(_build_cluster(each, told) for each in state.clusters),
        clusters_total=max(len(state.members), len(state.clusters)),
        slowest=_find_slowest(told.evidence),
        history=tuple(map(_build_past, state.history)),
    )


def list_stages_of(
    state: RotationStatus, wanted: RotationStrategy = RotationStrategy.AUTO
) -> Iterator[StageReport]:
    """Return all stages of the rotation under way; a roll-back goes on from the one it left."""
    stage, left = state.stage, state.returned_from
    strategy = state.strategy or (None if wanted is RotationStrategy.AUTO else wanted)
    order = list_stages(strategy)
    if stage is None:
        return
    if not is_returning(stage):
        yield from _mark(order, stage, StageState.UNDER_WAY)
        return
    begun = left if left in order else order[0]
    yield from _mark(order[: order.index(begun) + 1], begun, StageState.LEFT)
    yield from _mark(list_way_back(begun), stage, StageState.UNDER_WAY)


def _mark(
    order: tuple[RotationStage, ...], stage: RotationStage, state: StageState
) -> Iterator[StageReport]:
    """Return the stages of an order with the one that is reached."""
    place = order.index(stage) if stage in order else 0
    for number, name in enumerate(order):
        if number == place:
            yield StageReport(name=name, state=state)
        else:
            is_over = number < place
            yield StageReport(name=name, state=StageState.DONE if is_over else StageState.OPEN)


def _judge(found: FoundRotation, *, needs_person: bool, awaited: RotationStage | None) -> Health:
    if not found.is_due:
        return Health.GOOD
    is_wanted = awaited is not None or found.holds_still
    return Health.BAD if needs_person and not is_wanted else Health.UNKNOWN


def _list_evidence(
    state: RotationStatus, reports: Mapping[MeshKey, MeshStatus]
) -> dict[MeshKey, RotationEvidence]:
    """Return what clusters tell of their workloads; what is of another step proves nothing."""
    if state.stage is None:
        return {}
    step = name_step(state, find_posture(state, wave=0))
    told = {key: report.rotation for key, report in reports.items() if key.cluster in state.members}
    return {key: each for key, each in told.items() if each is not None and each.step == step}


def _build_cluster(cluster: RotationCluster, told: _Told) -> RotationClusterReport:
    counts = Counter(
        {key: each.total for key, each in told.evidence.items() if key.cluster == cluster.name}
    )
    return RotationClusterReport(
        name=cluster.name,
        health=_judge_cluster(cluster, told),
        meshes_done=cluster.meshes_done,
        meshes_total=cluster.meshes_total,
        workloads=counts.total() if counts else None,
        message=cluster.message,
    )


def _judge_cluster(cluster: RotationCluster, told: _Told) -> Health:
    found = told.found
    if found.state.owner is None and found.wish.is_excluded(cluster.name, found.generation):
        return Health.WARNING
    if cluster.message is None:
        return Health.GOOD
    return Health.BAD if cluster.message in told.warnings else Health.UNKNOWN


def _find_slowest(evidence: Mapping[MeshKey, RotationEvidence]) -> SlowestReport | None:
    ends = [(each.ends_at, key) for key, each in evidence.items() if each.ends_at and each.total]
    if not ends:
        return None
    ends_at, key = max(ends)
    found = evidence[key]
    return SlowestReport(
        cluster=key.cluster,
        mesh=key.name,
        workloads=found.total,
        first=found.first,
        ends_at=ends_at,
    )


def _build_past(past: PastRotation) -> PastRotationReport:
    return PastRotationReport(
        generation=past.generation,
        end=past.end,
        strategy=past.strategy,
        fingerprint=past.fingerprint,
        started_at=past.started_at,
        ended_at=past.ended_at,
        excluded=past.excluded,
        distrusted_at=past.distrusted_at,
        left_behind=past.left_behind,
    )

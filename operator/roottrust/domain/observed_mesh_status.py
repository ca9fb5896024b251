"""The status of a Mesh, worked out anew from what was seen, and what of it is worth an Event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.api.choices import ConditionStatus, RestartScope
from roottrust.api.mesh import (
    STALE_MAX,
    IstiodReplicas,
    MeshStatus,
    NamespaceSync,
    RotationEvidence,
)
from roottrust.api.restart_request import RestartRequest
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.condition_judgement import build_conditions
from roottrust.domain.counted import count
from roottrust.domain.mesh_bounce import MeshRestart, RestartCause
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.observed_trust_judgement import judge_trust
from roottrust.domain.reasons import MeshConditionType, Reason
from roottrust.domain.restart_advice import (
    ASKED_OF_HUB,
    NONE_IS_STALE,
    RESTARTED_BY_ITSELF,
    advise_restart,
    describe_old_leaves,
    describe_stale,
)
from roottrust.domain.some_names import list_some
from roottrust.domain.transition import Transition
from roottrust.domain.trust_restart import WorkloadTrust

_TOLD = (MeshConditionType.TRUST_PUBLISHED, MeshConditionType.TRUST_PROPAGATED)
# What every mesh goes through while it starts is no news, nor what follows from the other one.
_WAITING = frozenset({Reason.NOT_PUBLISHED, Reason.WAITING_FOR_ISTIOD})
_CAUSES = {
    RestartCause.ROOTS: "The roots have changed: a PodBounceDirective of this mesh restarts its "
    "workloads.",
    RestartCause.ISSUANCE: "Every istiod serves a new intermediate: a PodBounceDirective of this "
    "mesh restarts its workloads (restartOn: Issuance).",
    RestartCause.STEP_OF_ISTIOD: "The root is rotated, and istiod takes changed roots only when it "
    "is restarted: a PodBounceDirective of this mesh restarts it.",
    RestartCause.STEP_OF_CLIENTS: "The root is rotated, and istiod knows its clients by the roots "
    "before until it is restarted: a PodBounceDirective of this mesh restarts it.",
    RestartCause.STEP_OF_WORKLOADS: "The root is rotated: a PodBounceDirective of this mesh "
    "restarts the workloads that may have a certificate from before.",
}
_WRITTEN = {
    cause: Transition(reason=Reason.RESTARTS_REQUESTED, message=message, is_normal=True)
    for cause, message in _CAUSES.items()
}
_LEAVES_RENEWED = Transition(
    reason=Reason.LEAVES_RENEWED,
    message="Every workload has a certificate of this step of the root's rotation.",
    is_normal=True,
)
_RENEWED = Transition(
    reason=Reason.WORKLOADS_RENEWED,
    message=NONE_IS_STALE,
    is_normal=True,
)
# At first sight only what a person has to know at once; the rest is in the status.
_NEWS = frozenset({Reason.SELF_SIGNED, Reason.PROPAGATED, Reason.UNREADABLE_ROOTS})


def build_mesh_status(
    trust: ObservedTrust,
    *,
    previous: MeshStatus | None,
    workloads: WorkloadTrust,
    generation: int,
    now: datetime,
    rotation: RotationEvidence | None = None,
    request: RestartRequest | None = None,
) -> MeshStatus:
    """Return the whole status; times of conditions move only with their status.

    `request` is what the hub is asked to restart.
    """
    judgements = judge_trust(trust)
    ready = judgements[-1]
    return MeshStatus(
        observed_generation=generation,
        root_fingerprints=trust.root_fingerprints,
        namespaces=_build_sync(trust),
        istiod=IstiodReplicas(
            ready=trust.istiod.ready,
            total=trust.istiod.wanted,
            summary=f"{trust.istiod.ready}/{trust.istiod.wanted}",
        ),
        self_signed=trust.is_self_signed,
        restarted_for=workloads.restarted_for,
        restarted_for_generation=workloads.generation,
        restart_request=request,
        stale_workloads=workloads.stale,
        multi_root=trust.istiod.multi_root,
        rotation=rotation,
        message=(
            _tell_workloads(trust, workloads.stale, rotation, request)
            if ready.is_true
            else ready.message
        ),
        conditions=build_conditions(
            judgements, previous.conditions if previous else (), generation=generation, now=now
        ),
    )


def list_mesh_transitions(
    before: MeshStatus | None, after: MeshStatus, *, written: MeshRestart | None = None
) -> tuple[Transition, ...]:
    """Return the conditions of the roots whose status or reason is another, and of restarts."""
    known = {each.type: each.reason for each in before.conditions} if before else {}
    turned = tuple(
        Transition(
            reason=each.reason,
            message=each.message,
            is_normal=each.status is ConditionStatus.TRUE,
        )
        for each in after.conditions
        if each.type in _TOLD and _is_news(known.get(each.type), each.reason)
    )
    return (*turned, *_list_restarts(before, after, written), *_list_rotation(before, after))


def _list_restarts(
    before: MeshStatus | None, after: MeshStatus, written: MeshRestart | None
) -> Iterator[Transition]:
    """Return what came of a change of trust; at first sight there is none."""
    was_stale = before is not None and before.stale_workloads is not None
    stale = after.stale_workloads
    if written is not None:
        yield _WRITTEN[written.cause]
    elif stale is not None and not was_stale:
        yield Transition(
            reason=Reason.WORKLOADS_STALE,
            message=f"The roots have changed: {describe_stale(stale.total, stale.first)}.",
            is_normal=False,
        )
    if was_stale and stale is None and after.rotation is None:
        yield _RENEWED


def _list_rotation(before: MeshStatus | None, after: MeshStatus) -> Iterator[Transition]:
    """Return what came of a step of a rotation: who is late, or that nobody is."""
    known, found = before.rotation if before else None, after.rotation
    if found is None or found.since is None:
        return
    was_told = known is not None and known.step == found.step and known.since is not None
    if found.total and not was_told:
        names = list_some(found.first, of=found.total)
        yield Transition(
            reason=Reason.LEAVES_FROM_BEFORE,
            message=f"Every istiod serves what this step of the root's rotation asks for; "
            f"{count(found.total, 'workload')} may have a certificate from before ({names}).",
            is_normal=True,
        )
    if not found.total and (not was_told or known is None or known.total):
        yield _LEAVES_RENEWED


def _tell_workloads(
    trust: ObservedTrust,
    stale: StaleWorkloads | None,
    rotation: RotationEvidence | None,
    request: RestartRequest | None,
) -> str | None:
    """Say which workloads are late, and what becomes of them."""
    if rotation is not None and rotation.total:
        is_written = RestartScope.WORKLOADS in rotation.restarts_requested
        return describe_old_leaves(
            rotation,
            restarts_pods=trust.restarts_pods or is_written,
            is_asked=request is not None,
        )
    if stale is None:
        return None
    what = describe_stale(stale.total, stale.first)
    if trust.restarts_pods:
        return f"{what}: {ASKED_OF_HUB if request else RESTARTED_BY_ITSELF}."
    return f"{what}: {advise_restart(stale.first)}."


def _is_news(before: str | None, after: str) -> bool:
    if before is None or before in _WAITING:
        return after in _NEWS
    return before != after and after not in _WAITING


def _build_sync(trust: ObservedTrust) -> NamespaceSync:
    total, stale = len(trust.counted), trust.stale
    in_sync = total - len(stale)
    return NamespaceSync(
        in_sync=in_sync, total=total, stale=stale[:STALE_MAX], summary=f"{in_sync}/{total}"
    )

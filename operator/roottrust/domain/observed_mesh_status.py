"""The status of a Mesh, worked out anew from what was seen, and what of it is worth an Event."""

from __future__ import annotations

from datetime import datetime

from roottrust.api.choices import ConditionStatus
from roottrust.api.mesh import (
    STALE_MAX,
    IstiodReplicas,
    MeshStatus,
    NamespaceSync,
)
from roottrust.domain.condition_judgement import build_conditions
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.observed_trust_judgement import judge_trust
from roottrust.domain.reasons import MeshConditionType, Reason
from roottrust.domain.transition import Transition
from roottrust.domain.trust_restart import is_restart_due

_TOLD = (MeshConditionType.TRUST_PUBLISHED, MeshConditionType.TRUST_PROPAGATED)
# What every mesh goes through while it starts is no news, nor what follows from the other one.
_WAITING = frozenset({Reason.NOT_PUBLISHED, Reason.WAITING_FOR_ISTIOD})
# At first sight only what a person has to know at once; the rest is in the status.
_RESTARTS_ASKED = Transition(
    reason=Reason.RESTARTS_REQUESTED,
    message="The roots have changed: a PodBounceDirective of this mesh restarts its workloads.",
    is_normal=True,
)
_NEWS = frozenset({Reason.SELF_SIGNED, Reason.PROPAGATED, Reason.UNREADABLE_ROOTS})


def build_mesh_status(
    trust: ObservedTrust,
    *,
    previous: MeshStatus | None,
    restarted_for: tuple[str, ...],
    generation: int,
    now: datetime,
) -> MeshStatus:
    """Return the whole status; times of conditions move only with their status."""
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
        restarted_for=restarted_for,
        message=_advise_restarts(trust, restarted_for) if ready.is_true else ready.message,
        conditions=build_conditions(
            judgements, previous.conditions if previous else (), generation=generation, now=now
        ),
    )


def list_mesh_transitions(before: MeshStatus | None, after: MeshStatus) -> tuple[Transition, ...]:
    """Return the conditions of the roots whose status or reason is another than before."""
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
    is_asked = before and before.restarted_for and before.restarted_for != after.restarted_for
    return (*turned, _RESTARTS_ASKED) if is_asked else turned


def _advise_restarts(trust: ObservedTrust, restarted_for: tuple[str, ...]) -> str | None:
    """Say so where roots have changed and nobody restarts what still has the old ones."""
    if not is_restart_due(trust, restarted_for) or trust.restarts_pods:
        return None
    return (
        "The roots have changed, and workloads that nobody has restarted since still have the old "
        "ones: create a PodBounceDirective, or set autoRestartPods in the RootTrustPolicy."
    )


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

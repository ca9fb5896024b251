"""What of a RootTrustPolicy is worth an Event: conditions that turned, and its rotation."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.domain.restart_advice import NONE_IS_STALE
from roottrust.domain.rotation.revocation_transition import list_revocation_transitions
from roottrust.domain.rotation.transition import list_rotation_transitions
from roottrust.domain.stale_warning import find_stale_warning
from roottrust.domain.transition import Transition

_VAULT = (ConditionType.ACCEPTED, ConditionType.VAULT_REACHABLE, ConditionType.VAULT_CONFIGURED)
_MESHES = (ConditionType.CERTIFICATES_ISSUED, ConditionType.TRUST_PROPAGATED)
# Conditions that only wait for the one before them: that one is told already.
_FOLLOWING = frozenset({Reason.WAITING_FOR_VAULT, Reason.WAITING_FOR_MESH, Reason.NO_MESH_SELECTED})
# What each renewal goes through, and what only takes its time.
_PASSING = frozenset(
    {
        Reason.RENEWING,
        Reason.WAITING_FOR_ISTIOD,
        Reason.WAITING_FOR_REPORT,
        Reason.NAMESPACES_STALE,
    }
)
# Conditions that hold, though not for long.
_WARNINGS = frozenset({Reason.EXPIRING, Reason.AGENT_FAILED})
_LAST = frozenset({ConditionType.VAULT_CONFIGURED, *_MESHES})


def list_transitions(
    before: RootTrustPolicyStatus | None, after: RootTrustPolicyStatus
) -> tuple[Transition, ...]:
    """Return what is another than what was told before: conditions, and stale workloads.

    A first success is one Event, of the last condition: a fleet that starts is many first ones.
    """
    known = {each.type: (each.status, each.reason) for each in _list_told(before)}
    turned = tuple(
        Transition(
            reason=each.reason,
            message=each.message,
            is_normal=each.status is ConditionStatus.TRUE and each.reason not in _WARNINGS,
        )
        for each in _list_told(after)
        if known.get(each.type) != (each.status, each.reason)
        and (each.type in known or not _goes_without_saying(each))
    )
    rotated = list_rotation_transitions(before.rotation if before else None, after.rotation)
    revoked = list_revocation_transitions(
        before.compromised_intermediates if before else (), after.compromised_intermediates
    )
    return (*turned, *_list_stale(before, after), *rotated, *revoked)


def _list_stale(
    before: RootTrustPolicyStatus | None, after: RootTrustPolicyStatus
) -> Iterator[Transition]:
    """Return that workloads may trust only the roots before, or that none is left of them.

    The latter only where all clusters tell: one that is silent reports none either.
    """
    known = find_stale_warning(before.warnings if before else ())
    warning = find_stale_warning(after.warnings)
    if warning is not None and known is None:
        message = warning.removeprefix(f"{Reason.WORKLOADS_STALE}: ")
        yield Transition(reason=Reason.WORKLOADS_STALE, message=message, is_normal=False)
    is_propagated = any(
        each.type == ConditionType.TRUST_PROPAGATED and each.status is ConditionStatus.TRUE
        for each in after.conditions
    )
    if known is not None and warning is None and is_propagated:
        yield Transition(reason=Reason.WORKLOADS_RENEWED, message=NONE_IS_STALE, is_normal=True)


def _list_told(status: RootTrustPolicyStatus | None) -> tuple[Condition, ...]:
    """Return the conditions that are worth an Event when they turn."""
    conditions = status.conditions if status else ()
    refused = any(
        each.type == ConditionType.ACCEPTED and each.status is not ConditionStatus.TRUE
        for each in conditions
    )
    told = _VAULT[:1] if refused else (*_VAULT, *_list_told_of_meshes(conditions))
    kept = _FOLLOWING | _PASSING
    return tuple(each for each in conditions if each.type in told and each.reason not in kept)


def _list_told_of_meshes(conditions: tuple[Condition, ...]) -> tuple[ConditionType, ...]:
    """Return the conditions of meshes, unless they repeat why Vault is not ready."""
    reasons = {each.reason for each in conditions if each.type in _VAULT}
    repeated = {each.type for each in conditions if each.type in _MESHES and each.reason in reasons}
    return tuple(each for each in _MESHES if each not in repeated)


def _goes_without_saying(condition: Condition) -> bool:
    return condition.status is ConditionStatus.TRUE and condition.type not in _LAST

"""What is worth an Event: conditions that turned, and repairs of what somebody changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.api.choices import ConditionStatus
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.action import Action, Verb
from roottrust.domain.reasons import ConditionType, Reason

_TOLD = (ConditionType.ACCEPTED, ConditionType.VAULT_REACHABLE, ConditionType.VAULT_CONFIGURED)
# Conditions that only wait for the one before them: that one is told already.
_FOLLOWING = frozenset({Reason.WAITING_FOR_VAULT})
_MAX_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One Event."""

    reason: str
    message: str
    is_normal: bool


def list_transitions(
    before: RootTrustPolicyStatus | None, after: RootTrustPolicyStatus
) -> tuple[Transition, ...]:
    """Return the conditions whose status or reason is another than before."""
    known = {each.type: (each.status, each.reason) for each in before.conditions} if before else {}
    refused = any(
        each.type == ConditionType.ACCEPTED and each.status is not ConditionStatus.TRUE
        for each in after.conditions
    )
    told = _TOLD[:1] if refused else _TOLD
    return tuple(
        Transition(
            reason=each.reason,
            message=each.message,
            is_normal=each.status is ConditionStatus.TRUE,
        )
        for each in after.conditions
        if each.type in told
        and each.reason not in _FOLLOWING
        and known.get(each.type) != (each.status, each.reason)
    )


def list_repairs(
    before: RootTrustPolicyStatus | None, generation: int, actions: Iterable[Action]
) -> tuple[Transition, ...]:
    """Return the Event of a repair: writes that no edit of the policy asked for."""
    if before is None or before.observed_generation != generation:
        return ()
    known = {each.path for each in before.managed_objects}
    repaired = [_describe(action) for action in actions if action.wanted.path in known]
    if not repaired:
        return ()
    shown = "; ".join(repaired[:_MAX_SHOWN])
    more = f"; and {len(repaired) - _MAX_SHOWN} more" if len(repaired) > _MAX_SHOWN else ""
    message = f"Repaired in Vault: {shown}{more}."
    return (Transition(reason=Reason.DRIFT_REPAIRED, message=message, is_normal=False),)


def _describe(action: Action) -> str:
    if action.verb is Verb.CREATE:
        return f"{action.wanted.path} was gone"
    fields = ", ".join(each.field for each in action.differences)
    return f"{action.wanted.path} had another {fields}"

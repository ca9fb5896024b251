"""The conditions of a RootTrustPolicy while it is being deleted."""

from __future__ import annotations

from roottrust.api.choices import ConditionStatus
from roottrust.domain.condition_judgement import Judgement
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import ConditionType, Reason


def judge_deletion(message: str, *, outage: Fault | None) -> tuple[Judgement, ...]:
    """Return all conditions: nothing is ready any more, and Reconciling says what is waited for."""
    reachable = (
        _build(ConditionType.VAULT_REACHABLE, outage.status, outage.reason, outage.message)
        if outage
        else _build(
            ConditionType.VAULT_REACHABLE, ConditionStatus.TRUE, Reason.REACHABLE, "Vault answers."
        )
    )
    unknown = (ConditionType.CERTIFICATES_ISSUED, ConditionType.TRUST_PROPAGATED)
    return (
        _build(
            ConditionType.ACCEPTED, ConditionStatus.TRUE, Reason.ACCEPTED, "It is being deleted."
        ),
        reachable,
        _delete(ConditionType.VAULT_CONFIGURED, ConditionStatus.UNKNOWN, message),
        *(
            _delete(each, ConditionStatus.UNKNOWN, "The policy is being deleted.")
            for each in unknown
        ),
        _delete(ConditionType.READY, ConditionStatus.FALSE, message),
        _delete(ConditionType.RECONCILING, ConditionStatus.TRUE, message),
    )


def _delete(kind: ConditionType, status: ConditionStatus, message: str) -> Judgement:
    return _build(kind, status, Reason.DELETING, message)


def _build(kind: ConditionType, status: ConditionStatus, reason: Reason, message: str) -> Judgement:
    return Judgement(type=kind, status=status, reason=reason, message=message)

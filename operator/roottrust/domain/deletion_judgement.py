"""The conditions of a RootTrustPolicy while it is being deleted."""

from __future__ import annotations

from roottrust.domain.condition_judgement import (
    Judgement,
    build_false,
    build_from_fault,
    build_true,
    build_unknown,
)
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import ConditionType, Reason


def judge_deletion(message: str, *, outage: Fault | None) -> tuple[Judgement, ...]:
    """Return all conditions: nothing is ready any more, and Reconciling says what is waited for."""
    reachable = ConditionType.VAULT_REACHABLE
    going = "The policy is being deleted."
    return (
        build_true(ConditionType.ACCEPTED, Reason.ACCEPTED, "It is being deleted."),
        build_from_fault(reachable, outage)
        if outage
        else build_true(reachable, Reason.REACHABLE, "Vault answers."),
        build_unknown(ConditionType.VAULT_CONFIGURED, Reason.DELETING, message),
        build_unknown(ConditionType.CERTIFICATES_ISSUED, Reason.DELETING, going),
        build_unknown(ConditionType.TRUST_PROPAGATED, Reason.DELETING, going),
        build_false(ConditionType.READY, Reason.DELETING, message),
        build_true(ConditionType.RECONCILING, Reason.DELETING, message),
    )

"""What came of a policy's IssuedCertificates, in the words of a condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.api.choices import ConditionStatus
from roottrust.domain.conflict_text import ADOPT_ANNOTATION
from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import Fault, build_fault, find_worst
from roottrust.domain.issuance_plan import CertificateConflict, IssuancePlan
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class IssuanceReport:
    """How far the IssuedCertificates of a policy are.

    `fault` is what keeps them from being as they should be, `pending` how many writes are not made.
    """

    fault: Fault | None = None
    pending: int = 0


def report_issuance(
    plan: IssuancePlan, failures: Iterable[RootTrustError], *, is_observed_only: bool
) -> IssuanceReport:
    """Return what is told of a plan and of what its writes have met."""
    faults = [_build_conflict(each) for each in plan.conflicts]
    faults += [build_fault(each) for each in failures]
    return IssuanceReport(
        fault=find_worst(faults), pending=len(plan.actions) if is_observed_only else 0
    )


def _build_conflict(conflict: CertificateConflict) -> Fault:
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.CONFLICT,
        message=f"IssuedCertificate {conflict.key} of {conflict.key.cluster} "
        f"{_describe_owner(conflict)}: {advise_on_conflict(conflict)}.",
    )


def _describe_owner(conflict: CertificateConflict) -> str:
    if conflict.owner is None:
        return "is not roottrust's"
    gone = ", which exists no more" if conflict.is_abandoned else ""
    return f"belongs to {conflict.owner}{gone}"


def advise_on_conflict(conflict: CertificateConflict) -> str:
    """Return what to do, as a clause."""
    adopt = f"annotate this policy {ADOPT_ANNOTATION}=true to have it taken over"
    if conflict.owner is None:
        return f"delete it, or {adopt}"
    if conflict.is_abandoned:
        return adopt
    return "select its mesh by one policy of one hub alone"

"""What came of a policy's IssuedCertificates, in the words of a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roottrust.api.choices import ConditionStatus
from roottrust.domain.conflict_text import ADOPT_ANNOTATION
from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.domain.fault import Fault, build_fault, find_worst
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import CertificateConflict, IssuancePlan, IssuanceRequest
from roottrust.domain.mesh_report import MeshReport, report_meshes
from roottrust.domain.reasons import Reason
from roottrust.domain.stale_istiods import warn_of_stale_istiods
from roottrust.domain.stale_warning import warn_of_stale

RESTART_RETRY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class IssuanceReport:
    """How far the meshes of a policy are.

    `fault` is what keeps IssuedCertificates from being as they should be, `pending` how many writes
    of them are not made. `restarts_pods` is whether the policy asks for restarts, `not_restarted`
    why directives that are due could not be written, by cluster.
    """

    fault: Fault | None = None
    pending: int = 0
    meshes: tuple[MeshReport, ...] = ()
    restarts_pods: bool = False
    not_restarted: Mapping[str, str] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What works and will not last."""
        conditions = (each for mesh in self.meshes for each in (mesh.issued, mesh.propagated))
        told = tuple(each.message for each in conditions if each.is_warning)
        stale = warn_of_stale(self.meshes, restarts_pods=self.restarts_pods)
        istiods = warn_of_stale_istiods(self.meshes)
        unwritten = (
            f"{Reason.RESTARTS_NOT_WRITTEN}: of {cluster}: {why}"
            for cluster, why in sorted(self.not_restarted.items())
        )
        return (*told, *(each for each in (stale, istiods) if each), *unwritten)

    def find_next_change(self, now: datetime) -> datetime | None:
        """Return when time alone will change what is told, None if it will not.

        What could not be written is tried again.
        """
        found = [each.issuance.find_next_change(now) for each in self.meshes if each.issuance]
        again = [now + RESTART_RETRY] if self.not_restarted else []
        return min((each for each in (*found, *again) if each is not None), default=None)


def report_issuance(
    request: IssuanceRequest,
    plan: IssuancePlan,
    failures: Mapping[CertificateKey, RootTrustError],
    *,
    is_observed_only: bool,
    now: datetime,
) -> IssuanceReport:
    """Return what is told of all meshes together; `failures` is what writes have met.

    An object that changed in the meantime is looked at again at once, and no news.
    """
    faults = {
        key: build_fault(error)
        for key, error in failures.items()
        if not isinstance(error, ConflictError)
    }
    faults |= {each.key: _build_conflict(each) for each in plan.conflicts}
    return IssuanceReport(
        fault=find_worst((*faults.values(), *_list_troubles(request))),
        pending=len(plan.actions) if is_observed_only else 0,
        meshes=report_meshes(request, plan, faults=faults, now=now),
        restarts_pods=request.options.restarts_pods,
    )


def _list_troubles(request: IssuanceRequest) -> Iterator[Fault]:
    """Return what keeps clusters from telling anything: it may pass by itself."""
    for each in request.target.clusters:
        if each.trouble is not None:
            yield Fault(
                status=ConditionStatus.UNKNOWN,
                reason=each.trouble.reason,
                message=each.trouble.describe(each.cluster),
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

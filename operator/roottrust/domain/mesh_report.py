"""What is told of each mesh of a policy: how far its intermediates and its trust bundle are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from roottrust.api.mesh import NamespaceSync
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.fault import Fault
from roottrust.domain.instance_check import check_instances
from roottrust.domain.issuance import CertificateKey, build_key
from roottrust.domain.issuance_object import (
    build_pinned,
    find_step,
    read_instances,
    read_roots,
    read_spec,
)
from roottrust.domain.issuance_plan import IssuancePlan, IssuanceRequest, list_selected, read_owner
from roottrust.domain.manifest import Manifest
from roottrust.domain.mesh_condition import MeshCondition, build_unknown
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mesh_propagation import judge_propagation
from roottrust.domain.reasons import Reason
from roottrust.domain.target import ClusterTarget, MeshTarget


@dataclass(frozen=True, kw_only=True)
class MeshReport:
    """One mesh; `issuance` is None while its IssuedCertificate cannot be relied on.

    `stale` are its workloads that may still trust only the roots before, None if none is reported.
    `is_in_step` is whether a step of a rotation of the root is asked for.
    """

    key: CertificateKey
    mesh: MeshTarget
    issued: MeshCondition
    propagated: MeshCondition
    issuance: MeshIssuance | None = None
    namespaces: NamespaceSync | None = None
    stale: StaleWorkloads | None = None
    is_in_step: bool = False

    @property
    def stale_istiods(self) -> tuple[str, ...]:
        """The replicas of istiod that know their clients by the roots before."""
        return self.issuance.stale if self.issuance else ()

    @property
    def is_ready(self) -> bool:
        """Whether its istiod signs under the policy's root, and everybody there trusts that."""
        return self.issued.is_true and self.propagated.is_true

    @property
    def worst(self) -> MeshCondition:
        """The condition that says most of it."""
        return min((self.issued, self.propagated), key=lambda each: each.rank)


def report_meshes(
    request: IssuanceRequest,
    plan: IssuancePlan,
    *,
    faults: Mapping[CertificateKey, Fault],
    now: datetime,
) -> tuple[MeshReport, ...]:
    """Return what is told of every selected mesh; `faults` are what their writes have met."""
    return tuple(
        _doubt(
            _report(
                request, plan, cluster, mesh, fault=faults.get(build_key(cluster, mesh)), now=now
            ),
            cluster,
        )
        for cluster, mesh in list_selected(request.target)
    )


def _doubt(report: MeshReport, cluster: ClusterTarget) -> MeshReport:
    """Return what was known of a mesh as not known any more, where its cluster tells nothing."""
    if cluster.trouble is None:
        return report
    unknown = build_unknown(cluster.trouble.reason, cluster.trouble.describe(cluster.cluster))
    return replace(report, issued=unknown, propagated=unknown)


def _report(
    request: IssuanceRequest,
    plan: IssuancePlan,
    cluster: ClusterTarget,
    mesh: MeshTarget,
    *,
    fault: Fault | None,
    now: datetime,
) -> MeshReport:
    key = build_key(cluster, mesh)
    report = request.reports.get(key)
    manifest = plan.wanted.get(key) or _find_own(request, key)
    spec = read_spec(manifest) if manifest else None
    roots = read_roots(spec.trust_bundle) if spec else ()
    bundle = tuple(each.fingerprint for each in roots) or None
    propagated = judge_propagation(mesh, report, bundle=bundle)
    known = MeshReport(
        key=key,
        mesh=mesh,
        issued=build_unknown(
            Reason.WAITING_FOR_VAULT, f"Vault is not ready for {cluster.cluster} yet."
        ),
        propagated=propagated,
        namespaces=report.namespaces if report else None,
        stale=report.stale_workloads if report else None,
        is_in_step=bool(manifest and find_step(manifest)),
    )
    if fault is not None:
        issued = MeshCondition(status=fault.status, reason=fault.reason, message=fault.message)
        return replace(known, issued=issued)
    if spec is None or not roots:
        return known
    pinned = build_pinned(spec, roots, cluster=cluster.cluster)
    found = request.found.get(key) or {}
    issuance = MeshIssuance(
        mesh=mesh,
        instances=check_instances(read_instances(found), pinned, now=now),
        replicas=report.istiod.total if report and report.istiod else None,
    )
    return replace(known, issued=issuance.judge(), issuance=issuance)


def _find_own(request: IssuanceRequest, key: CertificateKey) -> Manifest | None:
    """Return what was written before, while nothing can be planned: under known roots alone."""
    found = request.found.get(key)
    mark = read_owner(found) if found else None
    if found is None or mark is None or not request.claimant.owns(mark):
        return None
    spec = read_spec(found)
    roots = read_roots(spec.trust_bundle) if spec else ()
    is_known = {each.fingerprint for each in roots} <= request.known_roots
    return found if roots and is_known else None

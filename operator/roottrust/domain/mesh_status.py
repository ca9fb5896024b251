"""The meshes in the status of a RootTrustPolicy: those that lack something first."""

from __future__ import annotations

from roottrust.api.mesh import NamespaceSync
from roottrust.api.root_trust_policy_status import MESHES_MAX, MeshStatus, MeshTotals
from roottrust.api.stale_workloads import (
    TOLD_WORKLOADS_MAX,
    StaleWorkloads,
    ToldStaleWorkloads,
)
from roottrust.domain.issuance import build_key
from roottrust.domain.issuance_plan import list_selected
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.target import ClusterTarget, MeshTarget, VaultTarget


def list_meshes(target: VaultTarget, issuance: IssuanceReport | None) -> tuple[MeshStatus, ...]:
    """Return as many as there is room for, the worst first."""
    reports = {each.key: each for each in (issuance.meshes if issuance else ())}
    selected = [
        (cluster, mesh, reports.get(build_key(cluster, mesh)))
        for cluster, mesh in list_selected(target)
    ]
    found = [_build(*each) for each in sorted(selected, key=lambda each: _rank(*each))]
    # Two istiods can have meshes of one name; the one that lacks more is told.
    unlike = {(each.cluster, each.mesh): each for each in reversed(found)}
    kept = [each for each in found if unlike[each.cluster, each.mesh] is each]
    return tuple(kept[:MESHES_MAX])


def count_meshes(target: VaultTarget, issuance: IssuanceReport | None) -> MeshTotals:
    """Return the counts over all of them."""
    total = sum(len(each.meshes) for each in target.clusters)
    ready = sum(each.is_ready for each in (issuance.meshes if issuance else ()))
    return MeshTotals(total=total, ready=ready, summary=f"{ready}/{total}")


def _rank(
    cluster: ClusterTarget, mesh: MeshTarget, report: MeshReport | None
) -> tuple[tuple[int, bool], bool, str, str, str]:
    worst = report.worst.rank if report else (0, False)
    has_stale = report is not None and report.stale is not None
    return worst, not has_stale, cluster.cluster, mesh.name, mesh.namespace


def _build(cluster: ClusterTarget, mesh: MeshTarget, report: MeshReport | None) -> MeshStatus:
    issuance = report.issuance if report else None
    namespaces = (report.namespaces if report else None) or NamespaceSync()
    worst = report.worst if report else None
    is_lacking = worst is not None and (not worst.is_true or worst.is_warning)
    return MeshStatus(
        cluster=cluster.cluster,
        mesh=mesh.name,
        auth_path=f"auth/{cluster.auth_mount}",
        role=cluster.role,
        intermediate_mount=cluster.intermediate_mount,
        instances_ready=issuance.ready if issuance else 0,
        instances_total=issuance.total if issuance else 0,
        earliest_not_after=issuance.earliest_not_after if issuance else None,
        namespaces_in_sync=namespaces.in_sync,
        namespaces_total=namespaces.total,
        stale_workloads=_tell_stale(report.stale if report else None),
        message=worst.message if worst is not None and is_lacking else None,
    )


def _tell_stale(stale: StaleWorkloads | None) -> ToldStaleWorkloads | None:
    if stale is None:
        return None
    return ToldStaleWorkloads(total=stale.total, first=stale.first[:TOLD_WORKLOADS_MAX])

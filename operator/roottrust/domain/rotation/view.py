"""One mesh of a policy as the rotation of its root sees it."""

from __future__ import annotations

from roottrust.api.issued_certificate import Instance
from roottrust.domain.issuance_object import find_step, read_instances
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.rotation.evidence import MeshView

_BEGIN = "-----BEGIN CERTIFICATE-----"


def view_mesh(report: MeshReport, request: IssuanceRequest) -> MeshView:
    """Return what is proven of a mesh: where nobody tells how many istiods there are, nothing."""
    found = request.found.get(report.key) or {}
    told = request.reports.get(report.key)
    issuance = report.issuance
    is_counted = issuance is not None and issuance.replicas is not None
    return MeshView(
        cluster=report.key.cluster,
        mesh=report.key.name,
        step=find_step(found),
        serves=is_counted and report.issued.is_true,
        has_roots=report.propagated.is_true,
        message=report.worst.message,
        is_crossed=any(_has_more(each) for each in read_instances(found)),
        evidence=told.rotation if told else None,
        multi_root=told.multi_root if told else None,
        version=report.mesh.version,
        replicas=issuance.replicas if issuance else None,
        restarts_pods=request.options.restarts_pods,
        stale_istiods=report.stale_istiods,
        namespace=report.mesh.namespace,
        deployment=report.mesh.deployment,
    )


def _has_more(instance: Instance) -> bool:
    """Whether a chain has more than the intermediate that the root itself has signed."""
    return instance.chain is not None and instance.chain.count(_BEGIN) > 1

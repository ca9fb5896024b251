"""The PodBounceDirectives that the hub writes: what a cluster asks for, of the hub's own changes.

Pure and total. The cluster knows its proxies, and the hub whether anything is to be restarted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roottrust.api.mesh import MeshStatus
from roottrust.api.restart_request import RestartRequest
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import IssuancePlan, IssuanceRequest
from roottrust.domain.managed_by import MANAGED_BY
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mesh_bounce import build_bounce_name
from roottrust.domain.restart_hash import list_trust_hashes


@dataclass(frozen=True, kw_only=True)
class DirectiveAction:
    """One directive of a mesh that is to be there; it lies in the operator's namespace."""

    key: CertificateKey
    manifest: Manifest

    @property
    def name(self) -> str:
        """Its name, which is another one for each mesh, trust hash and part."""
        return str(self.manifest["metadata"]["name"])

    def __str__(self) -> str:
        return f"create PodBounceDirective {self.name}"


def plan_directives(request: IssuanceRequest, plan: IssuancePlan) -> tuple[DirectiveAction, ...]:
    """Return the directives that are due; one that is there already is asked for no more.

    Only the meshes count whose IssuedCertificates are as they should be: of a change that is not
    there yet, a cluster cannot ask for anything.
    """
    changed = {action.key for action in plan.actions}
    return tuple(
        action
        for key, certificate in sorted(plan.wanted.items())
        if key not in changed
        for action in _list_due(key, certificate, request.reports.get(key))
    )


def _list_due(
    key: CertificateKey, certificate: Manifest, report: MeshStatus | None
) -> Iterator[DirectiveAction]:
    asked, spec = report.restart_request if report else None, read_mapping(certificate.get("spec"))
    if asked is None or spec.get("autoRestartPods") is not True:
        return
    if asked.trust_hash not in list_trust_hashes(spec):
        return
    manifest = build_directive(key.name, asked, mesh=read_mapping(spec.get("meshRef")))
    yield DirectiveAction(key=key, manifest=manifest)


def build_directive(name: str, asked: RestartRequest, *, mesh: Manifest) -> Manifest:
    """Return a directive as it is asked for; `name` is that of the Mesh, `mesh` refers to it."""
    told = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    left_out = {"part", "intermediateGeneration"}
    return {
        "metadata": {
            "name": build_bounce_name(name, trust_hash=asked.trust_hash, part=asked.part),
            "labels": dict(MANAGED_BY),
        },
        "spec": {
            "meshRef": dict(mesh),
            **{field: value for field, value in told.items() if field not in left_out},
        },
    }

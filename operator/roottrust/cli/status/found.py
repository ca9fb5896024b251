"""The objects of the management cluster that tell of trust, each found by what it speaks of.

A Mesh counts in the operator's namespace or in its istiod's, as for the hub; an IssuedCertificate
counts for the policy whose mark it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec, MeshStatus
from roottrust.api.reference import MeshReference
from roottrust.domain.issuance_object import read_spec
from roottrust.domain.issuance_plan import read_owner

Manifest = Mapping[str, Any]


class MeshKey(NamedTuple):
    """Which mesh."""

    cluster: str
    name: str


@dataclass(frozen=True, kw_only=True)
class FoundObjects:
    """All of one moment; `home` is the operator's namespace, `lease` what its leader renews."""

    home: str
    policies: tuple[Manifest, ...]
    meshes: tuple[Manifest, ...] = ()
    certificates: tuple[Manifest, ...] = ()
    lease: Manifest | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of meshes: their reports, and the IssuedCertificates by policy."""

    reports: Mapping[MeshKey, MeshStatus] = field(default_factory=dict)
    certificates: Mapping[str, Mapping[MeshKey, Manifest]] = field(default_factory=dict)


def read_known(found: FoundObjects) -> Known:
    """Return everything but the policies, found by what it speaks of."""
    return Known(
        reports=_read_reports(found.meshes, home=found.home),
        certificates=_read_certificates(found.certificates),
    )


def _read_reports(meshes: Iterable[Manifest], *, home: str) -> dict[MeshKey, MeshStatus]:
    reports: dict[MeshKey, MeshStatus] = {}
    # The operator's own namespace counts first: there nobody else writes.
    for mesh in sorted(meshes, key=lambda each: each["metadata"].get("namespace") != home):
        metadata = mesh["metadata"]
        try:
            place = MeshSpec.model_validate(mesh.get("spec") or {}).istio.installation
            status = MeshStatus.model_validate(mesh.get("status") or {})
        except ValidationError:
            continue
        if metadata.get("namespace") in {home, place.namespace} and mesh.get("status"):
            reports.setdefault(MeshKey(place.cluster, str(metadata["name"])), status)
    return reports


def _read_certificates(found: Iterable[Manifest]) -> dict[str, dict[MeshKey, Manifest]]:
    certificates: dict[str, dict[MeshKey, Manifest]] = {}
    for certificate in found:
        spec, mark = read_spec(certificate), read_owner(certificate)
        if spec is not None and mark is not None and _is_in_place(certificate, spec.mesh_ref):
            key = MeshKey(spec.mesh_ref.cluster, spec.mesh_ref.name)
            certificates.setdefault(mark.policy.full_name, {})[key] = certificate
    return certificates


def _is_in_place(certificate: Manifest, mesh: MeshReference) -> bool:
    """Whether it is where the hub writes it: another one could be anybody's."""
    metadata = certificate["metadata"]
    return (metadata.get("namespace"), metadata.get("name")) == (mesh.namespace, mesh.name)

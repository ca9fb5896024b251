"""The objects of the management cluster that tell of trust, each found by what it speaks of.

A Mesh counts in the operator's namespace or in its istiod's, as for the hub; an IssuedCertificate
counts for the policy whose mark it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from roottrust.api.mesh import IstioInstallation, MeshSpec, MeshStatus
from roottrust.api.mirrored_issuance import MirroredIssuance
from roottrust.api.reference import MeshReference
from roottrust.domain.issuance_object import read_spec
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.mirror_mark import is_mirror

Manifest = Mapping[str, Any]


class MeshKey(NamedTuple):
    """Which mesh."""

    cluster: str
    name: str


@dataclass(frozen=True, kw_only=True)
class MirroredMesh:
    """What the hub judged of a mesh of another cluster; `namespace` is its istiod's."""

    namespace: str
    issuance: MirroredIssuance


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
    """What is known of meshes: their reports, and the IssuedCertificates by policy.

    `mirrored` has what the hub judged of meshes of other clusters, by policy as well.
    """

    reports: Mapping[MeshKey, MeshStatus] = field(default_factory=dict)
    mirrored: Mapping[str, Mapping[MeshKey, MirroredMesh]] = field(default_factory=dict)
    certificates: Mapping[str, Mapping[MeshKey, Manifest]] = field(default_factory=dict)


def read_known(found: FoundObjects) -> Known:
    """Return everything but the policies, found by what it speaks of."""
    return Known(
        reports=_read_reports(found.meshes, home=found.home),
        mirrored=_read_mirrored(found.meshes, home=found.home),
        certificates=_read_certificates(found.certificates),
    )


def _read_reports(meshes: Iterable[Manifest], *, home: str) -> dict[MeshKey, MeshStatus]:
    reports: dict[MeshKey, MeshStatus] = {}
    # The operator's own namespace counts first: there nobody else writes.
    for mesh in sorted(meshes, key=lambda each: each["metadata"].get("namespace") != home):
        place, status = read_place(mesh), MeshStatus.find(mesh.get("status"))
        if place and status and mesh["metadata"].get("namespace") in {home, place.namespace}:
            reports.setdefault(_build_key(mesh, place), status)
    return reports


def _read_mirrored(
    meshes: Iterable[Manifest], *, home: str
) -> dict[str, dict[MeshKey, MirroredMesh]]:
    found: dict[str, dict[MeshKey, MirroredMesh]] = {}
    for mesh in meshes:
        place, status = read_place(mesh), MeshStatus.find(mesh.get("status"))
        issuance = status.issuance if status else None
        is_hubs = is_mirror(mesh) and mesh["metadata"].get("namespace") == home
        if is_hubs and place is not None and issuance is not None:
            mirrored = MirroredMesh(namespace=place.namespace, issuance=issuance)
            found.setdefault(issuance.policy, {})[_build_key(mesh, place)] = mirrored
    return found


def read_place(mesh: Manifest) -> IstioInstallation | None:
    """Return where the istiod of a Mesh runs, None of one that is none."""
    try:
        return MeshSpec.model_validate(mesh.get("spec") or {}).istio.installation
    except ValidationError:
        return None


def _build_key(mesh: Manifest, place: IstioInstallation) -> MeshKey:
    return MeshKey(place.cluster, str(mesh["metadata"]["name"]))


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

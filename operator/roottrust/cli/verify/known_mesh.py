"""The meshes that are to be verified: one IssuedCertificate each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from roottrust.api.issued_certificate import IssuedCertificateSpec, IssuedCertificateStatus
from roottrust.api.mesh import MeshSpec
from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.mirror_mark import is_mirror
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.kube.client import KubeClient


@dataclass(frozen=True, kw_only=True)
class KnownMesh:
    """What the hub wants for a mesh, and what its agents report."""

    name: str
    namespace: str
    spec: IssuedCertificateSpec
    status: IssuedCertificateStatus

    @property
    def cluster(self) -> str:
        """Its cluster, as the hub calls it."""
        return self.spec.mesh_ref.cluster

    @property
    def deployment(self) -> str:
        """Istiod's Deployment."""
        return self.spec.mesh_ref.deployment


async def list_meshes(
    client: KubeClient, *, cluster: str | None, namespace: str | None
) -> tuple[KnownMesh, ...]:
    """Return the meshes of a cluster, or of all, in one namespace or in all.

    Raises DependencyMissingError where there is none, or one that this version cannot read.
    """
    found = await client.list(ISSUED_CERTIFICATES, namespace=namespace)
    meshes = tuple(map(_read, found))
    chosen = tuple(each for each in meshes if cluster in {None, each.cluster})
    if not chosen:
        raise DependencyMissingError(_describe_none(meshes, cluster, namespace), reason=_REASON)
    return chosen


async def read_trust_domain(client: KubeClient, mesh: KnownMesh, *, home: str) -> str | None:
    """Return the mesh's trust domain, None where its Mesh cannot be read; `home` has the Meshes."""
    try:
        found = await client.get(MESHES, name=mesh.spec.mesh_ref.name, namespace=home)
        if found is None or is_mirror(found):
            return None
        return MeshSpec.model_validate(found.get("spec") or {}).istio.trust_domain
    except (RootTrustError, ValidationError):
        return None


_REASON = Reason.WAITING_FOR_MESH


def _read(found: Mapping[str, Any]) -> KnownMesh:
    metadata = found["metadata"]
    try:
        return KnownMesh(
            name=metadata["name"],
            namespace=metadata["namespace"],
            spec=IssuedCertificateSpec.model_validate(found.get("spec") or {}),
            status=IssuedCertificateStatus.model_validate(found.get("status") or {}),
        )
    except ValidationError:
        raise DependencyMissingError(
            f"The IssuedCertificate {metadata['namespace']}/{metadata['name']} is not one of this "
            "version: use the roottrust of the cluster's version.",
            reason=Reason.INVALID_SPEC,
        ) from None


def _describe_none(
    meshes: tuple[KnownMesh, ...], cluster: str | None, namespace: str | None
) -> str:
    where = f" in namespace {namespace}" if namespace else ""
    if meshes:
        known = ", ".join(sorted({each.cluster for each in meshes}))
        return (
            f"There is no IssuedCertificate of cluster {cluster}{where}: there are some of "
            f"{known}. Name the context of that cluster by --context."
        )
    return (
        f"There is no IssuedCertificate{where}: see by `kubectl get rtp,meshes -A` whether a "
        "policy selects this mesh, and by --context whether this is its cluster."
    )

"""Which Mesh objects of a cluster are believed.

A Mesh says whose token may log in as istiod. So it counts only where whoever wrote it is in charge
of that namespace anyway, or of the operator's own; and a flood of them costs the newest. A mirror
of another cluster's Mesh is nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from roottrust.api.mesh import IstioMesh, MeshSpec
from roottrust.domain.known import KnownMesh
from roottrust.domain.mirror_mark import is_mirror
from roottrust.domain.names import is_object_name

DEFAULT_REVISION = "default"
MESHES_MAX = 100

Manifest = Mapping[str, Any]


class MeshReader:
    """Reads the Mesh objects of one cluster; `home` is the operator's own namespace there."""

    def __init__(self, *, cluster: str, home: str) -> None:
        self._cluster = cluster
        self._home = home

    def read(self, manifests: Iterable[Manifest]) -> tuple[KnownMesh, ...]:
        """Return the meshes that are believed, the oldest of them if there are too many."""
        return tuple(mesh for _, mesh in self.find_believed(manifests))

    def find_believed(
        self, manifests: Iterable[Manifest]
    ) -> tuple[tuple[Manifest, KnownMesh], ...]:
        """Return the same, each with its Mesh object."""
        ranked = sorted((each for each in manifests if not is_mirror(each)), key=_get_rank)
        found = ((each, self._read_one(each)) for each in ranked)
        return tuple((each, mesh) for each, mesh in found if mesh is not None)[:MESHES_MAX]

    def _read_one(self, manifest: Manifest) -> KnownMesh | None:
        try:
            istio = MeshSpec.model_validate(manifest.get("spec") or {}).istio
        except ValidationError:
            return None
        if not self._is_believed(manifest["metadata"], istio):
            return None
        name, namespace = str(manifest["metadata"]["name"]), istio.installation.namespace
        return KnownMesh(
            name=name,
            namespace=namespace,
            deployment=name.removesuffix(f"-{namespace}-{self._cluster}"),
            pod_labels=istio.installation.pod_labels,
            revision=istio.installation.revision or DEFAULT_REVISION,
            service_account=istio.istiod_service_account,
        )

    def _is_believed(self, metadata: Mapping[str, Any], istio: IstioMesh) -> bool:
        place = istio.installation
        # Policies select by this name, so that no other namespace's may be taken.
        ending = f"-{place.namespace}-{self._cluster}"
        name = str(metadata["name"])
        return (
            place.cluster == self._cluster
            and metadata.get("namespace") in {place.namespace, self._home}
            and name.endswith(ending)
            and is_object_name(name)
            and is_object_name(name.removesuffix(ending))
        )


def _get_rank(manifest: Manifest) -> tuple[str, str, str]:
    """Return the place in the order: by age, then by name."""
    metadata = manifest["metadata"]
    created_at = str(metadata.get("creationTimestamp") or "")
    return created_at, str(metadata.get("namespace") or ""), str(metadata["name"])

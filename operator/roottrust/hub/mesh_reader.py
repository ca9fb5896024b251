"""Which Mesh objects of a cluster are believed.

A Mesh says whose token may log in as istiod. So it counts only where whoever wrote it is in charge
of that namespace anyway, or of the operator's own; and a flood of them costs the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec
from roottrust.domain.known import KnownMesh
from roottrust.domain.mesh_belief import (
    MESHES_MAX,
    Disbelief,
    ReportedMesh,
    disbelieve_form,
    find_disbelief,
    warn_of_disbelieved,
)
from roottrust.domain.mirror_mark import is_mirror

DEFAULT_REVISION = "default"

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ReadMeshes:
    """The meshes that count, each with its Mesh object, and what is told of the others."""

    objects: tuple[tuple[Manifest, KnownMesh], ...]
    warnings: tuple[str, ...]

    @property
    def meshes(self) -> tuple[KnownMesh, ...]:
        """Return them without their Mesh objects."""
        return tuple(mesh for _, mesh in self.objects)


class MeshReader:
    """Reads the Mesh objects of one cluster; `home` is the operator's own namespace there."""

    def __init__(self, *, cluster: str, home: str) -> None:
        self._cluster = cluster
        self._home = home

    def read(self, manifests: Iterable[Manifest]) -> ReadMeshes:
        """Return the meshes that are believed, the oldest of them if there are too many."""
        ranked = sorted((each for each in manifests if not is_mirror(each)), key=_get_rank)
        found = [(each, self._read_one(each)) for each in ranked]
        believed = [(each, mesh) for each, mesh in found if isinstance(mesh, KnownMesh)]
        disbelieved = [mesh for _, mesh in found if isinstance(mesh, Disbelief)]
        surplus = max(0, len(believed) - MESHES_MAX)
        return ReadMeshes(
            objects=tuple(believed[:MESHES_MAX]),
            warnings=warn_of_disbelieved(self._cluster, disbelieved, surplus=surplus),
        )

    def _read_one(self, manifest: Manifest) -> KnownMesh | Disbelief:
        name, lies_in = _get_place(manifest)
        try:
            istio = MeshSpec.model_validate(manifest.get("spec") or {}).istio
        except ValidationError:
            return disbelieve_form(name, lies_in)
        place = istio.installation
        reported = ReportedMesh(
            name=name, lies_in=lies_in, namespace=place.namespace, cluster=place.cluster
        )
        disbelief = find_disbelief(reported, cluster=self._cluster, home=self._home)
        if disbelief is not None:
            return disbelief
        return KnownMesh(
            name=name,
            namespace=place.namespace,
            deployment=name.removesuffix(f"-{place.namespace}-{self._cluster}"),
            pod_labels=place.pod_labels,
            revision=place.revision or DEFAULT_REVISION,
            service_account=istio.istiod_service_account,
            version=place.version or "",
        )


def _get_place(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return str(metadata["name"]), str(metadata.get("namespace") or "")


def _get_rank(manifest: Manifest) -> tuple[str, str, str]:
    """Return the place in the order: by age, then by name."""
    name, namespace = _get_place(manifest)
    return str(manifest["metadata"].get("creationTimestamp") or ""), namespace, name

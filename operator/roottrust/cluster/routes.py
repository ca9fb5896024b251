"""Which istiods a change concerns, by the keys of their Deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roottrust.cluster.kinds import MESHES
from roottrust.domain.mesh_plan import (
    MeshPlace,
    find_deployment,
    find_istiod_namespace,
    is_ours,
)
from roottrust.kube.kind import DEPLOYMENTS
from roottrust.runtime.store import ObjectKey, ObjectStore

Manifest = Mapping[str, Any]


class ClusterRoutes:
    """Finds them in the store."""

    def __init__(self, store: ObjectStore, *, place: MeshPlace) -> None:
        self._store = store
        self._place = place

    def list_all(self) -> frozenset[ObjectKey]:
        """Return all istiods, and those that are gone and have a Mesh yet."""
        meshes = self._store.list(MESHES, namespace=self._place.home)
        named = (each for mesh in meshes for each in self._find_istiod(mesh))
        return self._store.keys(DEPLOYMENTS) | frozenset(named)

    def find_concerned(
        self, key: ObjectKey, *, before: Manifest | None, now: Manifest | None
    ) -> frozenset[ObjectKey]:
        """Return the istiods to look at."""
        if key.kind == DEPLOYMENTS:
            return frozenset({key})
        if key.kind == MESHES:
            known = (each for each in (before, now) if each is not None)
            return frozenset(each for mesh in known for each in self._find_istiod(mesh))
        return frozenset()

    def _find_istiod(self, mesh: Manifest) -> Iterator[ObjectKey]:
        """Return the istiod of a Mesh of ours, whether it is there or not."""
        if is_ours(mesh, place=self._place):
            deployment = find_deployment(mesh, place=self._place)
            if deployment is not None:
                namespace = find_istiod_namespace(mesh)
                yield ObjectKey(kind=DEPLOYMENTS, namespace=namespace, name=deployment)

"""What a change concerns: istiods by the keys of their Deployments, certificates, directives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roottrust.cluster.kinds import DIRECTIVES, ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.domain.issued_object import read_issued
from roottrust.domain.manifest import read_mapping
from roottrust.domain.mesh_plan import (
    MeshPlace,
    find_deployment,
    find_istiod_namespace,
    is_ours,
)
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore

Manifest = Mapping[str, Any]

_VERSION = "resourceVersion"

# These change in every namespace at once when a root does.
CROWDED = frozenset({CONFIG_MAPS, NAMESPACES, PODS})


class ClusterRoutes:
    """Finds them in the store; `has_policies` says whether RootTrustPolicies in it are ours."""

    def __init__(self, store: ObjectStore, *, place: MeshPlace, has_policies: bool = False) -> None:
        self._store = store
        self._has_policies = has_policies
        self._place = place

    def list_all(self) -> frozenset[ObjectKey]:
        """Return all there is, and istiods that are gone and have a Mesh yet."""
        meshes = self._store.list(MESHES, namespace=self._place.home)
        named = frozenset(each for mesh in meshes for each in self._find_istiod(mesh))
        own = (POLICIES,) if self._has_policies else ()
        kinds = (DEPLOYMENTS, ISSUED_CERTIFICATES, DIRECTIVES, *own)
        return named.union(*(self._store.keys(kind) for kind in kinds))

    def find_concerned(
        self, key: ObjectKey, *, before: Manifest | None, now: Manifest | None
    ) -> frozenset[ObjectKey]:
        """Return what is to be looked at."""
        known = tuple(each for each in (before, now) if each is not None)
        if key.kind == DEPLOYMENTS:
            # With an istiod come and go the rights of the directives beside it.
            beside = frozenset() if before and now else self._find_beside(DIRECTIVES, key)
            return beside | {key}
        if key.kind == POLICIES:
            return frozenset({key}) if self._has_policies else frozenset()
        if key.kind == DIRECTIVES:
            asking = () if before or now is None else _find_asking(now)
            return frozenset({key, *asking}) if _has_news(before, now) else frozenset()
        if key.kind == MESHES:
            return frozenset(each for mesh in known for each in self._find_istiod(mesh))
        if key.kind == ISSUED_CERTIFICATES:
            return frozenset({key, *map(_find_deployment_of, known)})
        if key.kind == PODS:
            return frozenset() if now else self._find_beside(ISSUED_CERTIFICATES, key)
        if key.kind in CROWDED and _get_essence(before) != _get_essence(now):
            return self._store.keys(DEPLOYMENTS)
        return frozenset()

    def _find_istiod(self, mesh: Manifest) -> Iterator[ObjectKey]:
        """Return the istiod of a Mesh of ours, whether it is there or not."""
        if is_ours(mesh, place=self._place):
            deployment = find_deployment(mesh, place=self._place)
            if deployment is not None:
                namespace = find_istiod_namespace(mesh)
                yield ObjectKey(kind=DEPLOYMENTS, namespace=namespace, name=deployment)

    def _find_beside(self, kind: ResourceKind, key: ObjectKey) -> frozenset[ObjectKey]:
        """Return all of a kind in the same namespace."""
        return frozenset(each for each in self._store.keys(kind) if each.namespace == key.namespace)


def _find_deployment_of(certificate: Manifest) -> ObjectKey:
    issued = read_issued(certificate)
    return ObjectKey(kind=DEPLOYMENTS, namespace=issued.namespace, name=issued.deployment)


def _find_asking(directive: Manifest) -> Iterator[ObjectKey]:
    """Return the istiod of a directive's mesh: it is asked for until it is there."""
    mesh = read_mapping(read_mapping(directive.get("spec")).get("meshRef"))
    namespace, deployment = mesh.get("namespace"), mesh.get("deployment")
    if namespace and deployment:
        yield ObjectKey(kind=DEPLOYMENTS, namespace=str(namespace), name=str(deployment))


def _has_news(before: Manifest | None, now: Manifest | None) -> bool:
    """Whether more than the status of a directive is another: that is our own word on it."""
    if before is None or now is None:
        return True
    names = ("uid", "generation", "deletionTimestamp")
    return any(before["metadata"].get(each) != now["metadata"].get(each) for each in names)


def _get_essence(kept: Manifest | None) -> Manifest | None:
    """Return an object without its version: others change what is not kept of it."""
    if kept is None:
        return None
    metadata = {name: value for name, value in kept["metadata"].items() if name != _VERSION}
    return {**kept, "metadata": metadata}

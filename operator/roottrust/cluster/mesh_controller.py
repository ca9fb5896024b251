"""The controller of Mesh objects: one reconcile for an istiod that comes, changes or goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.cluster.kinds import MESHES
from roottrust.cluster.mesh_objects import MeshObjects
from roottrust.domain.discovery import Istiod, read_istiod
from roottrust.domain.mesh_plan import MeshPlace, plan_mesh, plan_removal
from roottrust.runtime.store import ObjectKey, ObjectStore

# How soon to look again at a Deployment whose watch is behind.
LAG_SECONDS = 5.0

Manifest = Mapping[str, Any]


class MeshController:
    """Reconciles one istiod at a time, by the key of its Deployment."""

    def __init__(self, *, place: MeshPlace, store: ObjectStore, objects: MeshObjects) -> None:
        self._place = place
        self._store = store
        self._objects = objects

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Bring its Mesh to what the istiod is; return when to look again."""
        deployment = self._store.get_by_key(key)
        istiod = None if deployment is None else read_istiod(deployment)
        if istiod is None:
            return await self._remove(key)
        await self._keep(istiod)
        return None

    async def _keep(self, istiod: Istiod) -> None:
        config = await self._objects.observe_mesh_config(istiod)
        found = self._find_mesh(deployment=istiod.deployment, namespace=istiod.namespace)
        trust_domain = config.trust_domain if config else None
        action = plan_mesh(istiod, found, place=self._place, trust_domain=trust_domain)
        if action is not None:
            await self._objects.apply(action)

    async def _remove(self, key: ObjectKey) -> float | None:
        """Delete the Mesh of an istiod that is gone: the API server says so, not a watch alone."""
        found = self._find_mesh(deployment=key.name, namespace=key.namespace)
        action = plan_removal(found, place=self._place, namespace=key.namespace)
        if action is None:
            return None
        if await self._objects.observe_istiod(namespace=key.namespace, name=key.name):
            return LAG_SECONDS
        await self._objects.apply(action)
        return None

    def _find_mesh(self, *, deployment: str, namespace: str) -> Manifest | None:
        name = self._place.build_name(deployment=deployment, namespace=namespace)
        return self._store.get(MESHES, namespace=self._place.home, name=name)

"""The cluster role: its parts, and how they are joined."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from roottrust.cluster.kinds import WATCHED
from roottrust.cluster.mesh_controller import MeshController
from roottrust.cluster.mesh_objects import MeshObjects
from roottrust.cluster.routes import ClusterRoutes
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.kube.kind import DEPLOYMENTS
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.process import Part
from roottrust.runtime.role import RolePlan, Shared
from roottrust.runtime.store import ObjectKey

logger = logging.getLogger(__name__)


def plan_cluster_role() -> RolePlan:
    """Return the cluster role, for the cluster that it runs in."""
    return RolePlan(name="cluster", watched=WATCHED, build=_ClusterRole)


class _ClusterRole:
    """The parts of the cluster role, and the ways of keys between them."""

    def __init__(self, shared: Shared) -> None:
        settings = shared.settings
        place = MeshPlace(cluster=settings.cluster.name, home=settings.namespace)
        self._place = place
        self._store = shared.store
        self._routes = ClusterRoutes(shared.store, place=place)
        controller = MeshController(
            place=place,
            store=shared.store,
            objects=MeshObjects(shared.client, home=place.home),
        )
        self.work = KeyWork(
            reconcile=controller.reconcile,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
            subject="mesh",
        )

    async def prepare(self) -> None:
        """Tell what there is."""
        count = len(self._store.keys(DEPLOYMENTS))
        logger.info("cluster %s has %d Deployments of istiod", self._place.cluster, count)

    def build_parts(self) -> dict[str, Part]:
        """Return nothing: the workers do it all."""
        return {}

    def enqueue_all(self) -> None:
        """Have every istiod looked at, and every Mesh whose istiod may be gone."""
        for key in self._routes.list_all():
            self._enqueue(key)

    def take_change(
        self, key: ObjectKey, *, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
    ) -> None:
        """Have the istiods looked at that a change concerns."""
        for concerned in self._routes.find_concerned(key, before=before, now=now):
            self._enqueue(concerned)

    async def close(self) -> None:
        """Leave everything as it is."""
        logger.info("the cluster role has stopped")

    def _enqueue(self, key: ObjectKey) -> None:
        if self._store.get_by_key(key) is None:
            self.work.forget(key)
        elif self.work.is_working:
            self.work.keep(key)
        self.work.add(key)

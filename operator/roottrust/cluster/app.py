"""The cluster role: its parts, and how they are joined."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from roottrust.cluster.bounce_controller import BounceController
from roottrust.cluster.bounce_observer import BounceObserver
from roottrust.cluster.bounce_report import BounceReporter
from roottrust.cluster.bounce_writer import BounceWriter
from roottrust.cluster.instance_pruner import InstancePruner
from roottrust.cluster.istiod_namespaces import IstiodNamespaces
from roottrust.cluster.key_subject import describe_key
from roottrust.cluster.kinds import (
    DIRECTIVES,
    ISSUED_CERTIFICATES,
    POLICIES,
    WATCHED,
    WATCHED_ALONE,
)
from roottrust.cluster.mesh_controller import MeshController
from roottrust.cluster.mesh_directives import MeshDirectives
from roottrust.cluster.mesh_objects import MeshObjects
from roottrust.cluster.mesh_report import MeshReporter
from roottrust.cluster.policy_answer import HubLease, PolicyAnswer
from roottrust.cluster.rotation_observer import RotationObserver
from roottrust.cluster.routes import CROWDED, ClusterRoutes
from roottrust.cluster.stale_observer import StaleObserver
from roottrust.cluster.trust_observer import TrustObserver
from roottrust.cluster.trust_restarts import TrustRestarts
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.kube.kind import DEPLOYMENTS
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.process import Part
from roottrust.runtime.role import RolePlan, Shared
from roottrust.runtime.store import ObjectKey

logger = logging.getLogger(__name__)

# A root that changes is a change in every namespace: one status a second tells of it.
GATHER_SECONDS = 1.0


def plan_cluster_role(*, is_alone: bool = False) -> RolePlan:
    """Return the cluster role, for the cluster that it runs in.

    Alone in its process, it answers RootTrustPolicies that no hub answers there.
    """
    watched = WATCHED_ALONE if is_alone else WATCHED
    return RolePlan(name="cluster", watched=watched, build=partial(_ClusterRole, is_alone=is_alone))


class _ClusterRole:
    """The parts of the cluster role, and the ways of keys between them."""

    def __init__(self, shared: Shared, *, is_alone: bool) -> None:
        settings = shared.settings
        place = MeshPlace(cluster=settings.cluster.name, home=settings.namespace)
        self._place = place
        self._store = shared.store
        self._routes = ClusterRoutes(shared.store, place=place, has_policies=is_alone)
        istiods = IstiodNamespaces(shared.client, shared.store)
        self._meshes = MeshController(
            place=place,
            store=shared.store,
            objects=MeshObjects(shared.client, home=place.home),
            observer=TrustObserver(shared.client, shared.store, place=place, now=_get_now),
            reporter=MeshReporter(shared.client, events=shared.events, metrics=shared.metrics),
            restarts=TrustRestarts(
                MeshDirectives(shared.client, shared.store, place=place),
                istiods=istiods,
                now=_get_now,
            ),
            stale=StaleObserver(shared.client, now=_get_now),
            rotation=RotationObserver(shared.client, now=_get_now),
            now=_get_now,
        )
        self._pruner = InstancePruner(shared.client, shared.store, cluster=place.cluster)
        self._bounces = BounceController(
            place=place,
            store=shared.store,
            observer=BounceObserver(shared.client, shared.store),
            writer=BounceWriter(shared.client),
            reporter=BounceReporter(
                shared.client, shared.store, events=shared.events, metrics=shared.metrics
            ),
            istiods=istiods,
            now=_get_now,
        )
        self._policies = PolicyAnswer(
            shared.client,
            shared.store,
            settings=settings,
            hub=HubLease(shared.client, namespace=settings.namespace, now=_get_now),
            events=shared.events,
            now=_get_now,
        )
        self.work = KeyWork(
            reconcile=self._reconcile,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
            describe=self._describe,
        )

    async def prepare(self) -> None:
        """Tell what there is."""
        count = len(self._store.keys(DEPLOYMENTS))
        cluster = self._place.cluster
        logger.info(
            "cluster %s has %d Deployments of istiod", cluster, count, extra={"cluster": cluster}
        )

    def build_parts(self) -> dict[str, Part]:
        """Return nothing: the workers do it all."""
        return {}

    def enqueue_all(self) -> None:
        """Have every istiod, certificate and directive looked at, and Meshes without istiod."""
        for key in self._routes.list_all():
            self._enqueue(key, delay=0.0)

    def take_change(
        self, key: ObjectKey, *, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
    ) -> None:
        """Have what a change concerns looked at; changes that come in crowds are gathered."""
        delay = GATHER_SECONDS if key.kind in CROWDED else 0.0
        for concerned in self._routes.find_concerned(key, before=before, now=now):
            self._enqueue(concerned, delay=delay)

    async def close(self) -> None:
        """Leave everything as it is."""
        logger.info("the cluster role has stopped", extra={"cluster": self._place.cluster})

    async def _reconcile(self, key: ObjectKey) -> float | None:
        if key.kind == ISSUED_CERTIFICATES:
            return await self._pruner.reconcile(key)
        if key.kind == DIRECTIVES:
            return await self._bounces.reconcile(key)
        if key.kind == POLICIES:
            return await self._policies.reconcile(key)
        return await self._meshes.reconcile(key)

    def _describe(self, key: ObjectKey) -> dict[str, str]:
        return describe_key(key, place=self._place, found=self._store.get_by_key(key))

    def _enqueue(self, key: ObjectKey, *, delay: float) -> None:
        if self._store.get_by_key(key) is None:
            self.work.forget(key)
        elif self.work.is_working:
            self.work.keep(key)
        self.work.add(key, delay=delay)


def _get_now() -> datetime:
    return datetime.now(UTC)

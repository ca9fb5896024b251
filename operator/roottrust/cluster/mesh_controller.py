"""The controller of Mesh objects: one reconcile for an istiod that comes, changes or goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roottrust.api.mesh import MeshStatus
from roottrust.cluster.kinds import MESHES
from roottrust.cluster.mesh_objects import MeshObjects
from roottrust.cluster.mesh_report import MeshReporter
from roottrust.cluster.rotation_observer import RotationObserver
from roottrust.cluster.stale_observer import StaleObserver
from roottrust.cluster.trust_observer import TrustObserver
from roottrust.cluster.trust_restarts import TrustRestarts
from roottrust.domain.discovery import Istiod, read_istiod
from roottrust.domain.mesh_config import MeshConfig
from roottrust.domain.mesh_plan import MeshPlace, build_removal, plan_mesh, plan_removal
from roottrust.domain.mirror_mark import is_mirror
from roottrust.domain.observed_mesh_status import build_mesh_status
from roottrust.domain.served_namespaces import GRACE
from roottrust.domain.stale_workloads import find_root_change
from roottrust.domain.trust_restart import note_stale, read_workload_trust
from roottrust.runtime.store import ObjectKey, ObjectStore

# How soon to look again at a Deployment whose watch is behind.
LAG_SECONDS = 5.0

Manifest = Mapping[str, Any]


class MeshController:
    """Reconciles one istiod at a time, by the key of its Deployment."""

    def __init__(
        self,
        *,
        place: MeshPlace,
        store: ObjectStore,
        objects: MeshObjects,
        observer: TrustObserver,
        reporter: MeshReporter,
        restarts: TrustRestarts,
        stale: StaleObserver,
        rotation: RotationObserver,
        now: Callable[[], datetime],
    ) -> None:
        self._place = place
        self._store = store
        self._objects = objects
        self._observer = observer
        self._reporter = reporter
        self._restarts = restarts
        self._stale = stale
        self._rotation = rotation
        self._now = now

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Bring its Mesh to what the istiod is, and tell of it; return when to look again."""
        deployment = self._store.get_by_key(key)
        istiod = None if deployment is None else read_istiod(deployment)
        if istiod is None:
            self._stale.forget(f"{key.namespace}/{key.name}")
            self._rotation.forget(f"{key.namespace}/{key.name}")
            return await self._remove(key)
        config = await self._objects.observe_mesh_config(istiod)
        mesh = await self._keep(istiod, config)
        return await self._tell(istiod, config, mesh)

    async def _keep(self, istiod: Istiod, config: MeshConfig | None) -> Manifest:
        """Return the Mesh as it is after what had to be written."""
        found = self._find_mesh(deployment=istiod.deployment, namespace=istiod.namespace)
        if found is not None and is_mirror(found):
            await self._objects.delete(build_removal(found))
            found = None  # of two clusters' meshes with one name, its own counts here
        trust_domain = config.trust_domain if config else None
        action = plan_mesh(istiod, found, place=self._place, trust_domain=trust_domain)
        before = found or {}
        applied = before if action is None else await self._objects.apply(action)
        return {**applied, "status": before.get("status")}

    async def _tell(
        self, istiod: Istiod, config: MeshConfig | None, mesh: Manifest
    ) -> float | None:
        trust = await self._observer.observe(istiod, config)
        previous = MeshStatus.find(mesh.get("status"))
        before = read_workload_trust(previous)
        change = find_root_change(
            trust, restarted_for=before.restarted_for, told=before.stale, now=self._now()
        )
        step = await self._rotation.look(trust, previous.rotation if previous else None)
        told = previous.restart_request if previous else None
        progress = await self._restarts.advance(trust, before, step.evidence, told=told)
        look = await self._stale.look(trust, change, told=before.stale)
        status = build_mesh_status(
            trust,
            previous=previous,
            workloads=note_stale(progress.known, change, look.stale),
            rotation=progress.evidence,
            request=progress.request,
            generation=int(mesh["metadata"].get("generation") or 0),
            now=self._now(),
        )
        await self._reporter.report(mesh, status, written=progress.written)
        grace = GRACE.total_seconds() if trust.is_waiting else None
        pauses = (grace, progress.pause, look.pause, step.pause)
        return min((each for each in pauses if each is not None), default=None)

    async def _remove(self, key: ObjectKey) -> float | None:
        """Delete the Mesh of an istiod that is gone: the API server says so, not a watch alone."""
        found = self._find_mesh(deployment=key.name, namespace=key.namespace)
        action = plan_removal(found, place=self._place, namespace=key.namespace)
        if action is None:
            return None
        if await self._objects.observe_istiod(namespace=key.namespace, name=key.name):
            return LAG_SECONDS
        await self._objects.delete(action)
        self._reporter.forget(action.name)
        return None

    def _find_mesh(self, *, deployment: str, namespace: str) -> Manifest | None:
        name = self._place.build_name(deployment=deployment, namespace=namespace)
        return self._store.get(MESHES, namespace=self._place.home, name=name)

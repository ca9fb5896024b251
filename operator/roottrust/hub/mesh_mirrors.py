"""The Meshes of registered clusters, mirrored in the hub's own namespace.

By a queue and workers of their own, one cluster at a time by its name: policies do not wait for it,
and no cluster for another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roottrust.domain.errors import RootTrustError
from roottrust.domain.mirror_mark import MirrorPlace, is_mirror
from roottrust.domain.mirror_plan import (
    MirrorAction,
    MirrorPlanned,
    RemoveMirror,
    ToldCluster,
    plan_mirrors,
    plan_removals,
)
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import MESHES
from roottrust.hub.mirror_pace import MESH_SECONDS, MirrorPace
from roottrust.hub.mirror_source import MirrorSource
from roottrust.hub.mirror_writer import MirrorWriter
from roottrust.runtime.clock import Timer
from roottrust.runtime.event_queue import PostEvent
from roottrust.runtime.leadership import Leadership
from roottrust.runtime.log_context import bind_context
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.workers import Workers
from roottrust.runtime.workqueue import WorkQueue

logger = logging.getLogger(__name__)

# A policy's workers have the other connections to the API server.
WORKERS = 2
# What changed is gathered for so long; whoever removed a mirror may want its name.
GATHER_SECONDS = 1.0
# A trouble that is younger may pass by itself, and would be told on a hundred mirrors.
TROUBLE_SECONDS = 10.0

Manifest = Mapping[str, Any]


class MeshMirrors:
    """Keeps them; whatever changes, the cluster concerned is looked at as a whole."""

    def __init__(
        self,
        *,
        place: MirrorPlace,
        source: MirrorSource,
        store: ObjectStore,
        writer: MirrorWriter,
        post_event: PostEvent,
        leadership: Leadership,
        metrics: Metrics,
        resync_seconds: float,
        now: Callable[[], datetime],
        timer: Timer | None = None,
    ) -> None:
        self._place = place
        self._source = source
        self._store = store
        self._writer = writer
        self._post_event = post_event
        self._leadership = leadership
        self._resync_seconds = resync_seconds
        self._now = now
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._queue: WorkQueue[str] = WorkQueue(timer=self._timer)
        self._workers = Workers(
            queue=self._queue,
            reconcile=self.reconcile,
            metrics=metrics,
            count=WORKERS,
            describe=lambda cluster: {"cluster": cluster},
            timer=self._timer,
        )
        self._is_working = False
        self._registered: frozenset[str] = frozenset()
        self._paces: dict[str, MirrorPace] = {}
        self._blocked: dict[str, tuple[str, str]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Mirror until the stop, as soon as this process leads."""
        if not await self._leadership.wait(stop):
            return
        self._is_working = True
        self.look_at_all()
        await self._workers.run(stop)

    def look_at_all(self) -> None:
        """Have every cluster looked at, also those that only have mirrors yet."""
        self._registered = self._source.names
        mirrored = {self._place.find_mirrored(each) for each in self._store.list(MESHES)}
        for name in self._registered | (mirrored - {None}):
            self.look_at(str(name))

    def look_at_registrations(self) -> None:
        """Have clusters looked at that came or went, and those that are refused."""
        before, self._registered = self._registered, self._source.names
        for name in (before ^ self._registered) | self._source.refused.keys():
            self.look_at(name)

    def look_at(self, cluster: str, *, delay: float = 0.0) -> None:
        """Have a cluster looked at: something of it may have changed."""
        if self._is_working:
            self._queue.add(cluster, delay=delay)

    def take_change(self, key: ObjectKey, before: Manifest | None, now: Manifest | None) -> bool:
        """Take notice of a Mesh of the hub's own cluster; return whether it is only a mirror."""
        known = [each for each in (before, now) if each is not None]
        concerned = {self._place.find_mirrored(each) for each in known} - {None}
        for each in concerned:
            self.look_at(str(each), delay=GATHER_SECONDS)
        if key.namespace == self._place.home:
            self._look_at_blocked(key.name)
        return bool(known) and all(map(is_mirror, known))

    async def reconcile(self, cluster: str) -> float | None:
        """Bring the mirrors of one cluster to what it tells; return when to look again."""
        if cluster not in self._source.names:
            await self._leave(cluster)
            return None
        if not self._source.is_known(cluster):
            return None  # once policies know it, it is looked at
        now = self._now()
        told, change = await self._source.read(cluster, now=now)
        if told.trouble is not None and told.trouble.reason is Reason.CLUSTER_CONNECTING:
            return None  # it is told once that is over
        wait = _find_wait(told, now=now)
        if wait > 0:
            return wait
        planned = plan_mirrors(told, self._find_known(told), place=self._place, now=now)
        await self._tell_blocked(cluster, planned)
        is_all = await self._apply_all(cluster, planned)
        waits = [self._resync_seconds if is_all else MESH_SECONDS]
        if change is not None:
            waits.append(max(MESH_SECONDS, (change - now).total_seconds()))
        return min(waits)

    async def _apply_all(self, cluster: str, planned: MirrorPlanned) -> bool:
        """Write what may be written by now; return whether that is all."""
        pace = self._paces.setdefault(cluster, MirrorPace(timer=self._timer))
        failures, is_all = [], True
        for action in planned.actions:
            if not pace.may_write(action.name, cost=action.cost):
                is_all = False
                continue
            pace.note(action.name, cost=action.cost)
            try:
                await self._apply(action)
            except RootTrustError as error:
                failures.append(error)  # the others do not wait for it
        if failures:
            raise failures[0]
        return is_all

    async def _leave(self, cluster: str) -> None:
        """Remove all mirrors of a cluster that is registered no more."""
        self._paces.pop(cluster, None)
        self._blocked = {name: at for name, at in self._blocked.items() if at[0] != cluster}
        told = ToldCluster(name=cluster, meshes=None)
        mirrors = {
            name: each
            for name, each in self._find_known(told).items()
            if self._place.find_mirrored(each) == cluster
        }
        for action in plan_removals(mirrors):
            await self._apply(action)

    async def _apply(self, action: MirrorAction) -> None:
        await self._writer.apply(action)
        if isinstance(action, RemoveMirror):
            self._look_at_blocked(action.name)

    def _look_at_blocked(self, name: str) -> None:
        """Have the cluster looked at that wants a name which is free now, or may be."""
        if name in self._blocked:
            self.look_at(self._blocked[name][0], delay=GATHER_SECONDS)

    def _find_known(self, told: ToldCluster) -> dict[str, Manifest]:
        """Return the Meshes of the hub's namespace that have names of that cluster's."""
        home, ending = self._place.home, f"-{told.name}"
        found = (
            self._store.get_by_key(key)
            for key in self._store.keys(MESHES)
            if key.namespace == home and key.name.endswith(ending)
        )
        return {str(each["metadata"]["name"]): each for each in found if each is not None}

    async def _tell_blocked(self, cluster: str, planned: MirrorPlanned) -> None:
        """Tell once of each object that has the name of a mirror, on that very object."""
        for name, found in planned.blocked.items():
            told = (cluster, str(found["metadata"].get("uid")))
            if self._blocked.get(name) == told:
                continue
            self._blocked[name] = told
            message = (
                f"The Mesh {name} of cluster {cluster} is not mirrored, since this one has its "
                "name: rename one of the two, or delete this one."
            )
            with bind_context(mesh=name):
                await self._post_event(
                    MESHES.complete(found),
                    type_="Warning",
                    reason=Reason.NAME_TAKEN,
                    message=message,
                )
        free = {
            name
            for name, at in self._blocked.items()
            if at[0] == cluster and name not in planned.blocked
        }
        for name in free:
            del self._blocked[name]


def _find_wait(told: ToldCluster, *, now: datetime) -> float:
    """Return for how long a trouble is to be waited out, 0 where there is none or it lasts."""
    since = told.trouble.since if told.trouble else None
    return 0.0 if since is None else TROUBLE_SECONDS - (now - since).total_seconds()

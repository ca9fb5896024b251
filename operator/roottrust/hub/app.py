"""The hub's process: its parts, and how they are joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from roottrust.hub.cluster_registry import ClusterRegistry, LocalCluster
from roottrust.hub.cluster_watch import ClusterWatch
from roottrust.hub.key_sweep import KeySweep
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.pace import DEFAULT_PACE, Pace
from roottrust.hub.policy_change import is_of_interest
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.policy_routes import PolicyRoutes
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_watch import VaultWatch
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.events import EventPoster
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.health import HealthServer, build_queue_check, build_worker_check
from roottrust.runtime.kopf_glue import KopfWatches
from roottrust.runtime.leadership import Leadership, open_leadership
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.process import Part, run_parts, tune_interpreter
from roottrust.runtime.resync import Resync
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key
from roottrust.runtime.watchaudit import WatchAudit
from roottrust.runtime.watching import WatchedKind, list_watched
from roottrust.runtime.workers import LIMIT_SECONDS, Workers
from roottrust.runtime.workqueue import Priority, WorkQueue

logger = logging.getLogger(__name__)

WATCHED = tuple(WatchedKind(resource=each) for each in (POLICIES, MESHES, ISSUED_CERTIFICATES))


async def run_hub(
    settings: OperatorSettings,
    access: KubeAccess,
    *,
    stop: asyncio.Event,
    clusters: ClusterRegistry | None = None,
    pace: Pace = DEFAULT_PACE,
) -> None:
    """Run the hub until the stop, for these clusters or else for the one that it runs in.

    Raises RootTrustError when it cannot start or leads no more, an ExceptionGroup when a part of it
    fails.
    """
    tune_interpreter()
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        leadership = await stack.enter_async_context(
            open_leadership(settings, access, metrics=metrics)
        )
        client = KubeClient(
            access,
            concurrency=settings.kubernetes_concurrency,
            on_write=metrics.count_kubernetes_write,
            guard=leadership.check,
        )
        stack.push_async_callback(client.close)
        servers = VaultServers(
            settings.vault_servers,
            concurrency=settings.vault_concurrency,
            metrics=metrics,
            guard=leadership.check,
        )
        hub = _Hub(
            settings,
            access,
            client=client,
            servers=servers,
            clusters=clusters,
            leadership=leadership,
            metrics=metrics,
            pace=pace,
        )
        await hub.run(stop)


class _Hub:
    """The parts of one hub, and the ways of keys between them."""

    def __init__(
        self,
        settings: OperatorSettings,
        access: KubeAccess,
        *,
        client: KubeClient,
        servers: VaultServers,
        clusters: ClusterRegistry | None,
        leadership: Leadership,
        metrics: Metrics,
        pace: Pace,
    ) -> None:
        self._settings = settings
        self._pace = pace
        self._access = access
        self._client = client
        self._servers = servers
        self._leadership = leadership
        self._metrics = metrics
        self._store = ObjectStore(each.resource for each in WATCHED)
        self._queue: WorkQueue[ObjectKey] = WorkQueue()
        self._resync = Resync(queue=self._queue, interval_seconds=settings.resync_seconds)
        self._is_working = False
        self._events = EventQueue(
            EventPoster(client).post_event, is_busy=lambda: self._queue.depth > 0
        )
        self._reporter = PolicyReporter(client, events=self._events, metrics=metrics, now=_get_now)
        self._clusters = clusters or LocalCluster(
            settings.cluster, home=settings.namespace, client=client, store=self._store
        )
        self._controller = PolicyController(
            hub=settings.hub_name,
            client=client,
            store=self._store,
            clusters=self._clusters,
            servers=servers,
            reporter=self._reporter,
            now=_get_now,
            deletion_seconds=settings.deletion_seconds,
            on_root=self._enqueue_rootless,
        )
        self._routes = PolicyRoutes(
            self._store, claims=self._controller.claims, cluster=settings.cluster.name
        )

    async def run(self, stop: asyncio.Event) -> None:
        """List everything, then stand by or work until the stop."""
        await list_watched(self._client, self._store, WATCHED)
        await self._clusters.refresh()
        workers = Workers(
            queue=self._queue,
            reconcile=self._controller.reconcile,
            metrics=self._metrics,
            count=self._settings.workers,
            shutdown_seconds=self._settings.shutdown_seconds,
            describe=_name_policy,
        )
        watches = KopfWatches(access=self._access, watched=WATCHED, on_event=self._take_event)
        audit = WatchAudit(
            client=self._client, store=self._store, watched=WATCHED, on_change=self._enqueue
        )
        vaults = VaultWatch(self._servers, on_change=self._enqueue_all)
        clusters = ClusterWatch(
            self._clusters,
            on_change=self._take_cluster_change,
            interval_seconds=self._pace.clusters_seconds,
        )
        health = self._build_health(workers, watches, audit)
        self._show_metrics(audit)
        count = len(self._store.keys(POLICIES))
        logger.info("the hub %s serves %d policies", self._settings.hub_name, count)
        parts: dict[str, Part] = {
            "health": health.run,
            "workers": partial(self._lead, workers),
            "watches": watches.run,
            "audit": audit.run,
            "vaults": vaults.run,
            "clusters": clusters.run,
            "keys": partial(self._build_key_sweep().run, leadership=self._leadership),
            "events": self._events.run,
        }
        await self._leadership.run(lambda: self._run_parts(parts, stop))

    async def _run_parts(self, parts: dict[str, Part], stop: asyncio.Event) -> None:
        try:
            await run_parts(parts, stop=stop)
        finally:
            self._resync.close()
            await self._events.flush()
            await self._servers.close()  # revokes tokens, which only the leader may
            logger.info("the hub has stopped")

    async def _lead(self, workers: Workers[ObjectKey], stop: asyncio.Event) -> None:
        """Work as soon as this hub leads; before, the store is kept up and nothing is done."""
        if not await self._leadership.wait(stop):
            return
        self._is_working = True
        for manifest in sorted(self._store.list(POLICIES), key=_get_creation):
            self._enqueue(build_key(POLICIES, manifest))
        await workers.run(stop)

    def _take_event(
        self, *, kind: ResourceKind, type_: str | None, found: Mapping[str, Any]
    ) -> None:
        before = self._store.get_by_key(build_key(kind, found))
        key = self._store.apply_event(kind, type_, found)
        if key is None:
            return
        told = self._reporter.get_told(key)
        if type_ == "DELETED" or is_of_interest(kind, before, found, told=told):
            self._enqueue(key, before)

    def _enqueue(self, key: ObjectKey, before: Mapping[str, Any] | None = None) -> None:
        """Have the policies looked at that a change concerns."""
        if not self._is_working:
            return
        for policy in self._routes.find_concerned(key, before):
            if self._store.get_by_key(policy) is None:
                self._resync.forget(policy)
            else:
                self._resync.schedule(policy)
            self._queue.add(policy, priority=Priority.EDIT)

    def _enqueue_all(self) -> None:
        for policy in self._store.keys(POLICIES):
            self._queue.add(policy, priority=Priority.RETRY)

    def _take_cluster_change(self) -> None:
        self._controller.claims.outdate_all()
        if self._is_working:
            self._enqueue_all()

    def _enqueue_rootless(self) -> None:
        """Have policies looked at whose root was not there yet, or is being looked for now."""
        for policy in self._store.keys(POLICIES):
            told = self._reporter.get_told(policy)
            if told is None or not told.has_root:
                self._queue.add(policy, priority=Priority.RETRY)

    def _build_key_sweep(self) -> KeySweep:
        self._metrics.show_vault_keys(lambda: self._controller.keys.total)
        return KeySweep(
            hub=self._settings.hub_name,
            controller=self._controller,
            servers=self._servers,
            reporter=self._reporter,
            metrics=self._metrics,
            on_change=self._take_key_change,
            pace=self._pace,
        )

    def _take_key_change(self, policy: PolicyObject) -> None:
        self._queue.add(build_key(POLICIES, policy.manifest), priority=Priority.RESYNC)

    def _build_health(
        self, workers: Workers[ObjectKey], watches: KopfWatches, audit: WatchAudit
    ) -> HealthServer:
        http = self._settings.http
        return HealthServer(
            host=http.host,
            port=http.port,
            metrics=self._metrics,
            live={"workers": build_worker_check(workers, stuck_seconds=2 * LIMIT_SECONDS)},
            ready={
                "queue": build_queue_check(self._queue),
                "started": lambda: None if watches.is_started else "the watches are starting",
                "watches": audit.check,
            },
            describe=self._leadership.describe,
        )

    def _show_metrics(self, audit: WatchAudit) -> None:
        self._metrics.show_leader(lambda: self._leadership.leads)
        self._metrics.show_queue(
            depth=lambda: self._queue.depth, oldest=lambda: self._queue.oldest_age_seconds
        )
        for kind in self._store.kinds:
            self._metrics.show_watch(
                kind=str(kind),
                age=partial(self._store.get_event_age, kind),
                is_silent=partial(audit.is_silent, kind),
            )


def _name_policy(key: ObjectKey) -> str:
    return f"{key.namespace}/{key.name}"


def _get_creation(manifest: Mapping[str, Any]) -> str:
    """Return by what the oldest goes first: it may own a root that others wait for."""
    return str(manifest["metadata"].get("creationTimestamp") or "")


def _get_now() -> datetime:
    return datetime.now(UTC)

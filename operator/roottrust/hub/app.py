"""The hub: its parts, and how they are joined."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from roottrust.domain.mirror_mark import MirrorPlace
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_watch import ClusterWatch
from roottrust.hub.confirmed_keys import ConfirmedKeys
from roottrust.hub.hub_changes import HubChanges
from roottrust.hub.key_sweep import KeySweep
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.mesh_mirrors import MeshMirrors
from roottrust.hub.mirror_source import MirrorSource
from roottrust.hub.mirror_writer import MirrorWriter
from roottrust.hub.pace import DEFAULT_PACE, Pace
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import Homes, PolicyHomes
from roottrust.hub.policy_queue import PolicyQueue
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.policy_routes import PolicyRoutes
from roottrust.hub.registered_clusters import RegisteredClusters
from roottrust.hub.remote_policy_work import RemotePolicyWork
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_watch import VaultWatch
from roottrust.kube.client import KubeClient
from roottrust.runtime.clock import get_now
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.log_subject import describe_policy
from roottrust.runtime.process import Part
from roottrust.runtime.role import RolePlan, Shared
from roottrust.runtime.store import ObjectKey, build_key
from roottrust.runtime.watching import WatchedKind

logger = logging.getLogger(__name__)

WATCHED = tuple(WatchedKind(resource=each) for each in (POLICIES, MESHES, ISSUED_CERTIFICATES))


def plan_hub(*, clusters: ClusterRegistry | None = None, pace: Pace = DEFAULT_PACE) -> RolePlan:
    """Return the hub, for these clusters or else for the one that it runs in."""
    return RolePlan(name="hub", watched=WATCHED, build=partial(_Hub, clusters=clusters, pace=pace))


class _Hub:
    """The parts of one hub; each tells `_changes` of what the others may have to do with."""

    def __init__(self, shared: Shared, *, clusters: ClusterRegistry | None, pace: Pace) -> None:
        settings = shared.settings
        self._settings = settings
        self._pace = pace
        self._store = shared.store
        self._leadership = shared.leadership
        self._metrics = shared.metrics
        self._servers = VaultServers(
            settings.vault_servers,
            concurrency=settings.vault_concurrency,
            metrics=shared.metrics,
            guard=shared.leadership.check,
        )
        self._registered: RegisteredClusters | None = None
        others: Homes | None = None
        if clusters is None:
            self._registered = self._build_registered(shared)
            clusters = others = self._registered.registry
        self._clusters = clusters
        self._homes = PolicyHomes(shared.client, shared.store, others=others)
        self._reporter = PolicyReporter(
            self._homes,
            events=shared.events,
            metrics=shared.metrics,
            now=get_now,
            on_written=lambda *told: self._changes.take_status(*told),
        )
        self._controller = self._build_controller(shared.client)
        self._keys = self._build_key_sweep()
        self._remote = RemotePolicyWork(
            self._controller,
            self._homes,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
        )
        self.work = KeyWork(
            reconcile=self._controller.reconcile,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
            describe=describe_policy,
        )
        self._queue = PolicyQueue(self._homes, own=self.work, remote=self._remote)
        self._mirrors = self._build_mirrors(shared)
        self._changes: HubChanges = self._build_changes()

    async def prepare(self) -> None:
        """Read what clusters do not tell by a watch."""
        if self._registered is not None:
            await self._registered.prepare()
        await self._clusters.refresh()
        count = len(self._store.keys(POLICIES))
        logger.info("the hub %s serves %d policies", self._settings.hub_name, count)

    def build_parts(self) -> dict[str, Part]:
        """Return what runs beside the workers."""
        vaults = VaultWatch(self._servers, on_change=self._queue.retry_all)
        clusters = ClusterWatch(
            self._clusters,
            on_change=self._changes.take_clusters,
            interval_seconds=self._pace.clusters_seconds,
        )
        registered = self._registered
        return {
            **({"registered clusters": registered.run} if registered is not None else {}),
            **({"mirrors": self._mirrors.run} if self._mirrors is not None else {}),
            "vaults": vaults.run,
            "clusters": clusters.run,
            "keys": partial(self._keys.run, leadership=self._leadership),
            **({"remote policies": self._remote.run} if self._settings.remote_policies else {}),
        }

    async def close(self) -> None:
        """End what goes on in clusters, and revoke the tokens, which only the leader may."""
        await self._controller.close()
        await self._servers.close()
        logger.info("the hub has stopped")

    def enqueue_all(self) -> None:
        """Have every policy looked at, the oldest first."""
        self._controller.claims.outdate_all()  # nobody followed their edits until now
        for manifest in sorted(self._store.list(POLICIES), key=_get_creation):
            self._queue.add([build_key(POLICIES, manifest)])

    def take_change(
        self, key: ObjectKey, *, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
    ) -> None:
        """Have the policies looked at that a change concerns."""
        self._changes.take_object(key, before, now)

    def _build_registered(self, shared: Shared) -> RegisteredClusters:
        return RegisteredClusters(
            shared,
            pace=self._pace,
            on_change=lambda: self._changes.take_clusters(),
            on_objects=lambda cluster, changes: self._changes.take_objects(cluster, changes),
            on_cluster=lambda cluster: self._changes.take_cluster(cluster),
            on_policies=lambda changes: self._changes.take_policies(changes),
        )

    def _build_controller(self, client: KubeClient) -> PolicyController:
        settings = self._settings
        return PolicyController(
            hub=settings.hub_name,
            client=client,
            homes=self._homes,
            clusters=self._clusters,
            servers=self._servers,
            reporter=self._reporter,
            now=get_now,
            deletion_seconds=settings.deletion_seconds,
            kubelet_time=timedelta(seconds=settings.kubelet_seconds),
            settle_time=timedelta(seconds=self._pace.settle_seconds),
            on_root=lambda: self._changes.take_root(),
            on_late=lambda policy: self._changes.take_late(policy),
            on_report=lambda policy, report: self._keys.take_report(policy, report),
            on_rotation=lambda concerned: self._changes.take_rotation(concerned),
        )

    def _build_key_sweep(self) -> KeySweep:
        self._metrics.show_vault_keys(lambda: self._controller.keys.total)
        return KeySweep(
            hub=self._settings.hub_name,
            controller=self._controller,
            servers=self._servers,
            reporter=self._reporter,
            metrics=self._metrics,
            confirmed=ConfirmedKeys(
                hub=self._settings.hub_name, clusters=self._clusters, now=get_now
            ),
            on_change=lambda policy: self._changes.take_keys(policy),
            pace=self._pace,
        )

    def _build_mirrors(self, shared: Shared) -> MeshMirrors | None:
        if self._registered is None:
            return None  # no cluster can be registered
        home, claims = self._settings.namespace, self._controller.claims
        return MeshMirrors(
            place=MirrorPlace(hub=self._settings.hub_name, home=home),
            source=MirrorSource(
                self._registered.registry,
                self._store,
                find_policies=claims.find_policies_of,
                is_pending=self._registered.news.is_pending,
            ),
            store=self._store,
            writer=MirrorWriter(shared.client, self._store, home=home),
            post_event=shared.events.post_event,
            leadership=self._leadership,
            metrics=self._metrics,
            resync_seconds=self._settings.resync_seconds,
            now=get_now,
        )

    def _build_changes(self) -> HubChanges:
        claims = self._controller.claims
        return HubChanges(
            homes=self._homes,
            claims=claims,
            routes=PolicyRoutes(
                self._store,
                homes=self._homes,
                claims=claims,
                cluster=self._settings.cluster.name,
            ),
            reporter=self._reporter,
            queue=self._queue,
            mirrors=self._mirrors,
        )


def _get_creation(manifest: Mapping[str, Any]) -> str:
    """Return by what the oldest goes first: it may own a root that others wait for."""
    return str(manifest["metadata"].get("creationTimestamp") or "")

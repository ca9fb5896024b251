"""The hub: its parts, and how they are joined."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from roottrust.domain.mirror_mark import MirrorPlace
from roottrust.domain.policy import PolicyIdentity
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_watch import ClusterWatch
from roottrust.hub.confirmed_keys import ConfirmedKeys
from roottrust.hub.key_sweep import KeySweep
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.mesh_mirrors import MeshMirrors
from roottrust.hub.mirror_source import MirrorSource, read_roots
from roottrust.hub.mirror_writer import MirrorWriter
from roottrust.hub.pace import DEFAULT_PACE, Pace
from roottrust.hub.policy_change import is_of_interest, take_over_status
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import Homes, PolicyHomes
from roottrust.hub.policy_key import build_policy_key
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.policy_routes import PolicyRoutes
from roottrust.hub.registered_clusters import RegisteredClusters
from roottrust.hub.remote_cluster import Changes, RemoteCluster
from roottrust.hub.remote_policy_work import RemotePolicyWork
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_watch import VaultWatch
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.log_subject import describe_policy
from roottrust.runtime.process import Part
from roottrust.runtime.role import RolePlan, Shared
from roottrust.runtime.store import ObjectKey, build_key
from roottrust.runtime.watching import WatchedKind
from roottrust.runtime.workqueue import Priority

logger = logging.getLogger(__name__)

_KINDS = (POLICIES, MESHES, ISSUED_CERTIFICATES)
WATCHED = tuple(WatchedKind(resource=each) for each in _KINDS)


def plan_hub(*, clusters: ClusterRegistry | None = None, pace: Pace = DEFAULT_PACE) -> RolePlan:
    """Return the hub, for these clusters or else for the one that it runs in."""
    return RolePlan(name="hub", watched=WATCHED, build=partial(_Hub, clusters=clusters, pace=pace))


class _Hub:
    """The parts of one hub, and the ways of keys between them."""

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
            now=_get_now,
            on_written=self._take_status,
        )
        self._mirrors: MeshMirrors | None = None
        self._controller = PolicyController(
            hub=settings.hub_name,
            client=shared.client,
            homes=self._homes,
            clusters=self._clusters,
            servers=self._servers,
            reporter=self._reporter,
            now=_get_now,
            deletion_seconds=settings.deletion_seconds,
            kubelet_time=timedelta(seconds=settings.kubelet_seconds),
            settle_time=timedelta(seconds=pace.settle_seconds),
            on_root=self._enqueue_rootless,
            on_late=self._take_late,
            on_report=lambda policy, report: self._keys.take_report(policy, report),
            on_rotation=self._take_rotation,
        )
        self._keys = self._build_key_sweep()
        self._routes = PolicyRoutes(
            shared.store,
            homes=self._homes,
            claims=self._controller.claims,
            cluster=settings.cluster.name,
        )
        self._remote = RemotePolicyWork(
            self._controller,
            self._homes,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
        )
        self._mirrors = self._build_mirrors(shared)
        self.work = KeyWork(
            reconcile=self._controller.reconcile,
            settings=settings,
            leadership=shared.leadership,
            metrics=shared.metrics,
            describe=describe_policy,
        )

    async def prepare(self) -> None:
        """Read what clusters do not tell by a watch."""
        if self._registered is not None:
            await self._registered.prepare()
        await self._clusters.refresh()
        count = len(self._store.keys(POLICIES))
        logger.info("the hub %s serves %d policies", self._settings.hub_name, count)

    def build_parts(self) -> dict[str, Part]:
        """Return what runs beside the workers."""
        vaults = VaultWatch(self._servers, on_change=self._retry_all)
        clusters = ClusterWatch(
            self._clusters,
            on_change=self._take_cluster_change,
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
            self._enqueue(build_key(POLICIES, manifest), None)

    def take_change(
        self, key: ObjectKey, *, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
    ) -> None:
        """Have the policies looked at that a change concerns."""
        if key.kind not in _KINDS:
            return
        if key.kind == POLICIES:
            self._mirror_by_root(before, now)
        if key.kind == MESHES and self._mirrors and self._mirrors.take_change(key, before, now):
            return
        told = self._reporter.get_told(key)
        if now is None or is_of_interest(key.kind, before, now, told=told):
            self._enqueue(key, before)

    def _take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Have the policies looked at that changes in a registered cluster concern."""
        self._take_cluster(cluster.name)
        if not self.work.is_working:
            return
        for key, before in changes.items():
            now = cluster.store.get_by_key(key)
            if now is None or is_of_interest(key.kind, before, now, told=None):
                found = self._routes.find_concerned_in(cluster.name, key, before=before, now=now)
                self._add(found)

    def _take_cluster(self, cluster: str) -> None:
        if self._mirrors is not None:
            self._mirrors.look_at(cluster)

    def _mirror_by_root(
        self, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
    ) -> None:
        """Have clusters looked at whose intermediates are now to be under another root."""
        known = before or now
        if self._mirrors is None or known is None or read_roots(before) == read_roots(now):
            return
        for name in self._controller.claims.list_clusters(build_key(POLICIES, known)):
            self._mirrors.look_at(name)

    def _take_policies(self, changes: Changes) -> None:
        """Have policies of workload clusters looked at that were changed there."""
        for key, before in changes.items():
            now, told = self._homes.get(key), self._reporter.get_told(key)
            if now is None or is_of_interest(key.kind, before, now, told=told):
                self._add(self._controller.claims.outdate(key) | {key})

    def _enqueue(self, key: ObjectKey, before: Mapping[str, Any] | None) -> None:
        if self.work.is_working:
            self._add(self._routes.find_concerned(key, before))

    def _add(self, policies: Iterable[ObjectKey]) -> None:
        for policy in policies:
            if policy.cluster:
                self._remote.add([policy])
                continue
            if self._store.get_by_key(policy) is None:
                self.work.forget(policy)
            else:
                self.work.keep(policy)
            self.work.add(policy)

    def _take_status(
        self, policy: PolicyObject, written: Mapping[str, Any], status: Mapping[str, Any]
    ) -> None:
        """Know at once what was told: a reconcile before its echo would forget the root in use."""
        if not policy.identity.is_remote:
            self._mirror_by_root(policy.manifest, {"status": status})
        found = take_over_status(policy.manifest, written, status)
        if found is not None:
            self._homes.take_over(policy.key, found)

    def _take_late(self, late: PolicyIdentity) -> None:
        self._retry(build_policy_key(late))

    def _take_rotation(self, concerned: Iterable[ObjectKey]) -> None:
        """Have policies looked at whose root has another stage now."""
        for policy in concerned:
            self._retry(policy, priority=Priority.EDIT)

    def _retry_all(self) -> None:
        for policy in self._homes.list_keys():
            self._retry(policy)

    def _retry(self, policy: ObjectKey, *, priority: Priority = Priority.RETRY) -> None:
        if policy.cluster:
            self._remote.add([policy], priority=priority)
        else:
            self.work.add(policy, priority=priority)

    def _take_cluster_change(self) -> None:
        self._controller.claims.outdate_all()
        if self._mirrors is not None:
            self._mirrors.look_at_registrations()
        self._retry_all()

    def _enqueue_rootless(self) -> None:
        """Have policies looked at whose root was not there yet, or is being looked for now."""
        for policy in self._homes.list_keys():
            told = self._reporter.get_told(policy)
            if told is None or not told.has_root:
                self._retry(policy)

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
            now=_get_now,
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
                hub=self._settings.hub_name, clusters=self._clusters, now=_get_now
            ),
            on_change=self._take_key_change,
            pace=self._pace,
        )

    def _take_key_change(self, policy: PolicyObject) -> None:
        self._retry(policy.key, priority=Priority.RESYNC)

    def _build_registered(self, shared: Shared) -> RegisteredClusters:
        return RegisteredClusters(
            shared,
            pace=self._pace,
            on_change=self._take_cluster_change,
            on_objects=self._take_objects,
            on_cluster=self._take_cluster,
            on_policies=self._take_policies,
        )


def _get_creation(manifest: Mapping[str, Any]) -> str:
    """Return by what the oldest goes first: it may own a root that others wait for."""
    return str(manifest["metadata"].get("creationTimestamp") or "")


def _get_now() -> datetime:
    return datetime.now(UTC)

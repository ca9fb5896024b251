"""What serving registered clusters takes, joined to the rest of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roottrust.domain.cluster_registration import Registration
from roottrust.hub.cluster_fleet import ClusterFleet
from roottrust.hub.cluster_news import ClusterNews
from roottrust.hub.cluster_registry import LocalCluster
from roottrust.hub.cluster_secrets import ClusterSecrets
from roottrust.hub.cluster_set import ClusterSet
from roottrust.hub.gathered_changes import Changes
from roottrust.hub.pace import Pace
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.kube.watch_client import WatchClient
from roottrust.runtime.clock import get_now
from roottrust.runtime.role import Shared


class RegisteredClusters:
    """The hub's fleet as a part of its process.

    `on_change` is told when policies may select otherwise than before, `on_objects` of objects of
    a cluster, `on_policies` of RootTrustPolicies in one, where these count, and `on_cluster`, after
    `on_change`, of one that is in trouble or well again, or has other meshes.
    """

    def __init__(
        self,
        shared: Shared,
        *,
        pace: Pace,
        on_change: Callable[[], None],
        on_objects: Callable[[RemoteCluster, Changes], None],
        on_cluster: Callable[[str], None],
        on_policies: Callable[[Changes], None],
    ) -> None:
        self._shared = shared
        self._cadence = pace
        self._on_objects = on_objects
        self._on_policies = on_policies
        settings = shared.settings
        own = LocalCluster(
            settings.cluster, home=settings.namespace, client=shared.client, store=shared.store
        )
        self.registry = ClusterSet(own)
        self.news = ClusterNews(
            on_change=on_change,
            on_cluster=on_cluster,
            timer=asyncio.get_running_loop(),
            count_starting=self.registry.count_starting,
        )
        self._fleet = ClusterFleet(self.registry, build=self._build, on_change=self.news.note_set)
        self._show_metrics()
        self._client = WatchClient(shared.client.access)
        self._secrets = ClusterSecrets(
            self._client,
            namespace=settings.namespace,
            own_name=settings.cluster.name,
            register=self._fleet.register,
        )

    async def prepare(self) -> None:
        """Know the clusters, as far as they answer within a moment."""
        await self._secrets.list()
        await self._fleet.settle()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the Secrets and the clusters that they register until the stop."""
        try:
            await self._secrets.run(stop)
        finally:
            self.news.close()
            await self._fleet.close()
            await self._client.close()

    def take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Have policies looked at that objects of a cluster concern."""
        self._on_objects(cluster, changes)

    def take_policies(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Have RootTrustPolicies looked at that changed in a cluster."""
        del cluster  # their keys name it
        self._on_policies(changes)

    def take_cluster(self, cluster: RemoteCluster) -> None:
        """Have all policies looked at soon: what they select may be another."""
        self.news.note(cluster.name)

    def _show_metrics(self) -> None:
        known = self.registry
        self._shared.metrics.show_clusters(
            {
                "well": lambda: len(known.others) - known.count_troubled(),
                "troubled": known.count_troubled,
                "refused": lambda: len(known.refused),
            }
        )

    def _build(self, registration: Registration) -> RemoteCluster:
        return RemoteCluster(
            registration,
            home=self._shared.settings.namespace,
            local=self._shared.client,
            guard=self._shared.leadership.check,
            on_write=self._shared.metrics.count_kubernetes_write,
            listener=self,
            pace=self._cadence,
            now=get_now,
            has_policies=self._shared.settings.remote_policies,
        )

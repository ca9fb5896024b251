"""The clusters that Secrets register, as a plan knows them: read once, and never written to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from roottrust.domain.cluster_registration import (
    CLUSTER_SELECTOR,
    Registrations,
    read_registrations,
)
from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.known import KnownCluster
from roottrust.http.guard import refuse_writes
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.cluster_set import ClusterSet
from roottrust.hub.gathered_changes import Changes
from roottrust.hub.pace import DEFAULT_PACE
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.kube.client import KubeClient, ignore_write
from roottrust.kube.kind import SECRETS
from roottrust.runtime.settings import OperatorSettings

# How many clusters are looked at at once.
CONCURRENCY = 16

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class RegisteredClusters:
    """What is known of them."""

    clusters: Mapping[str, RemoteCluster] = field(default_factory=dict)
    refused: tuple[KnownCluster, ...] = ()

    def join(self, own: ClusterRegistry) -> ClusterSet:
        """Return the registry of these and the hub's own cluster."""
        joined = ClusterSet(own)
        joined.others.update(self.clusters)
        joined.refused = self.refused
        return joined

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(each.close() for each in self.clusters.values()))


class _Nobody:
    """Who needs not be told: nothing is followed."""

    def take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Take no notice."""

    def take_policies(self, cluster: RemoteCluster, changes: Changes) -> None:
        """Take no notice."""

    def take_cluster(self, cluster: RemoteCluster) -> None:
        """Take no notice."""


async def look_at_registered(
    client: KubeClient,
    settings: OperatorSettings,
    *,
    tell: Tell,
    now: Callable[[], datetime],
) -> RegisteredClusters:
    """Return the clusters that the operator's Secrets register, as they are at this moment.

    Raises RootTrustError; a person without the right to read these Secrets is told of it.
    """
    found = await _read_registrations(client, settings, tell=tell)
    clusters = {
        name: RemoteCluster(
            registration,
            home=settings.namespace,
            local=client,
            guard=refuse_writes,
            on_write=ignore_write,
            listener=_Nobody(),
            pace=DEFAULT_PACE,
            now=now,
        )
        for name, registration in found.used.items()
    }
    slots = asyncio.Semaphore(CONCURRENCY)

    async def look(cluster: RemoteCluster) -> None:
        async with slots:
            await cluster.look()

    await asyncio.gather(*map(look, clusters.values()))
    return RegisteredClusters(clusters=clusters, refused=found.refused)


async def _read_registrations(
    client: KubeClient, settings: OperatorSettings, *, tell: Tell
) -> Registrations:
    try:
        secrets = await client.list(
            SECRETS, namespace=settings.namespace, label_selector=CLUSTER_SELECTOR
        )
    except AccessDeniedError:
        tell(
            f"You may not list Secrets in {settings.namespace}, which register clusters: only "
            f"{settings.cluster.name} is known to this plan."
        )
        return Registrations()
    return read_registrations(secrets, own_name=settings.cluster.name)

"""All clusters that the hub serves: its own, and those that Secrets register."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from itertools import chain

from roottrust.domain.cluster_registration import Registration, Registrations
from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_objects import ClusterObjects, Manifest
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.kube.reviewer_token import IssuedToken
from roottrust.runtime.logs import bind_context

logger = logging.getLogger(__name__)

# How long the start waits for clusters, so that policies are not told of what is known in a moment.
SETTLE_SECONDS = 5.0
BUG_SECONDS = 60.0

Build = Callable[[Registration], RemoteCluster]


class ClusterFleet:
    """The registry of them; `own` is the hub's own cluster, `on_change` is told of a new set."""

    def __init__(
        self, own: ClusterRegistry, *, build: Build, on_change: Callable[[], None]
    ) -> None:
        self._own = own
        self._build = build
        self._on_change = on_change
        self._clusters: dict[str, RemoteCluster] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._refused: tuple[KnownCluster, ...] = ()

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all of them, also those whose registration is refused."""
        registered = (each.read() for each in self._clusters.values())
        return (*self._own.list_clusters(), *registered, *self._refused)

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """Return what is known of a cluster's meshes, None for one that is not served."""
        found = self._clusters.get(cluster)
        return self._own.get_objects(cluster) if found is None else found.objects

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return the IssuedCertificates of all clusters with the mark of a policy."""
        found = dict(self._own.find_owned(policy))
        for each in self._clusters.values():
            found |= each.find_owned(policy)
        return found

    async def list_certificates(self) -> tuple[Manifest, ...]:
        """Return the IssuedCertificates of all clusters; raises RootTrustError."""
        asked = [each.list_certificates() for each in self._clusters.values()]
        found = await asyncio.gather(self._own.list_certificates(), *asked)
        return tuple(chain.from_iterable(found))

    async def refresh(self) -> bool:
        """Read again what no watch tells of the hub's own cluster; the others do it themselves."""
        return await self._own.refresh()

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """Have a token of a cluster's reviewer made; raises RootTrustError."""
        found = self._clusters.get(cluster)
        if found is not None:
            return await found.issue_reviewer_token()
        if self._own.get_objects(cluster) is None:
            raise DependencyMissingError(
                f"The cluster {cluster} is not registered any more.",
                reason=Reason.NO_CLUSTER_SELECTED,
            )
        return await self._own.issue_reviewer_token(cluster)

    def register(self, registrations: Registrations) -> None:
        """Serve these clusters from now on, and no others."""
        before = (dict(self._clusters), self._refused)
        for name in self._clusters.keys() - registrations.used.keys():
            self._remove(name)
        for name, registration in registrations.used.items():
            self._take(name, registration)
        self._refuse(registrations.refused)
        if before != (self._clusters, self._refused):
            self._on_change()

    async def settle(self) -> None:
        """Wait a moment until each cluster was listed, or could not be."""
        waits = [asyncio.ensure_future(each.wait_settled()) for each in self._clusters.values()]
        if waits:
            _, pending = await asyncio.wait(waits, timeout=SETTLE_SECONDS)
            for each in pending:
                each.cancel()

    async def close(self) -> None:
        """Follow no cluster any more."""
        for name in tuple(self._clusters):
            self._remove(name)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def find(self, name: str) -> RemoteCluster | None:
        """Return a registered cluster, None if there is none of that name."""
        return self._clusters.get(name)

    def _take(self, name: str, registration: Registration) -> None:
        known = self._clusters.get(name)
        if known is not None:
            if known.registration == registration:
                return
            if known.registration.access.is_same_place(registration.access):
                known.take_over(registration)
                return
            self._remove(name)
        logger.info(
            "cluster %s is registered by Secret %s: %s",
            name,
            registration.secret,
            registration.access.server,
        )
        cluster = self._clusters[name] = self._build(registration)
        self._tasks[name] = asyncio.create_task(_follow(cluster), name=f"cluster {name}")

    def _refuse(self, refused: tuple[KnownCluster, ...]) -> None:
        for each in set(map(_describe, refused)) - set(map(_describe, self._refused)):
            logger.warning("%s", each)
        self._refused = refused

    def _remove(self, name: str) -> None:
        logger.info("cluster %s is followed no more", name)
        cluster, task = self._clusters.pop(name), self._tasks.pop(name)
        task.cancel()
        leaving = asyncio.create_task(_close(cluster, task))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


def _describe(cluster: KnownCluster) -> str:
    return cluster.refusal.describe(cluster.name) if cluster.refusal else ""


async def _follow(cluster: RemoteCluster) -> None:
    """Follow a cluster until cancelled; a bug that it brings out is its own, too."""
    with bind_context(cluster=cluster.name):
        while True:
            try:
                await cluster.run()
            except Exception:
                logger.exception("bug: cluster %s could not be followed", cluster.name)
            error: RootTrustError = TransientError(
                "The hub met a bug with it, see its log, and tries again.",
                reason=Reason.INTERNAL_ERROR,
            )
            cluster.health.tell("bug", error)
            await asyncio.sleep(BUG_SECONDS)
            cluster.health.tell("bug", None)


async def _close(cluster: RemoteCluster, task: asyncio.Task[None]) -> None:
    await asyncio.gather(task, return_exceptions=True)
    await cluster.close()

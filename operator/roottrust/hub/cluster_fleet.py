"""Following the clusters that Secrets register, each by a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from roottrust.domain.cluster_registration import Registration, Registrations
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_set import ClusterSet
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.hub.turnstile import Turnstile
from roottrust.runtime.log_context import bind_context

logger = logging.getLogger(__name__)

# How long the start waits for clusters, so that policies are not told of what is known in a moment.
SETTLE_SECONDS = 5.0
BUG_SECONDS = 60.0
# So many connect at once, or a thousand that a start finds would all take too long for any of them.
STARTS_AT_ONCE = 16
# One that does not answer by then lets the next one begin: none waits for it.
START_SECONDS = 1.0

Build = Callable[[Registration], RemoteCluster]


class ClusterFleet:
    """Follows the clusters that are registered; `on_change` is told of a new set of them."""

    def __init__(
        self, clusters: ClusterSet, *, build: Build, on_change: Callable[[], None]
    ) -> None:
        self._set = clusters
        self._build = build
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._starts = Turnstile(STARTS_AT_ONCE, seconds=START_SECONDS)

    def register(self, registrations: Registrations) -> None:
        """Serve these clusters from now on, and no others."""
        before = (dict(self._set.others), self._set.refused)
        for name in self._set.others.keys() - registrations.used.keys():
            self._remove(name)
        for name, registration in registrations.used.items():
            with bind_context(cluster=name):
                self._take(name, registration)
        self._refuse(registrations.refused)
        if before != (self._set.others, self._set.refused):
            self._on_change()

    async def settle(self) -> None:
        """Wait a moment until each cluster was listed, or could not be."""
        waits = [asyncio.ensure_future(each.wait_settled()) for each in self._set.others.values()]
        if waits:
            _, pending = await asyncio.wait(waits, timeout=SETTLE_SECONDS)
            for each in pending:
                each.cancel()

    async def close(self) -> None:
        """Follow no cluster any more."""
        for name in tuple(self._set.others):
            self._remove(name)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _take(self, name: str, registration: Registration) -> None:
        known = self._set.others.get(name)
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
        cluster = self._set.others[name] = self._build(registration)
        self._tasks[name] = asyncio.create_task(self._start(cluster), name=f"cluster {name}")

    async def _start(self, cluster: RemoteCluster) -> None:
        """Follow a cluster until cancelled, once it is its turn."""
        leave = await self._starts.enter()
        settled = asyncio.create_task(cluster.wait_settled())
        settled.add_done_callback(lambda _: leave())
        try:
            await _follow(cluster)
        finally:
            settled.cancel()

    def _refuse(self, refused: tuple[KnownCluster, ...]) -> None:
        told = set(map(_describe, self._set.refused))
        for each in refused:
            message = _describe(each)
            if each.refusal is not None and message not in told:
                about = {"cluster": each.name, "reason": each.refusal.reason}
                logger.warning("%s", message, extra=about)
        self._set.refused = refused

    def _remove(self, name: str) -> None:
        logger.info("cluster %s is followed no more", name, extra={"cluster": name})
        cluster, task = self._set.others.pop(name), self._tasks.pop(name)
        task.cancel()
        leaving = asyncio.create_task(_close(cluster, task))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


def _describe(cluster: KnownCluster) -> str:
    return cluster.refusal.describe(cluster.name) if cluster.refusal else ""


async def _follow(cluster: RemoteCluster) -> None:
    """Follow a cluster until cancelled; a bug that it brings out is its own, too."""
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

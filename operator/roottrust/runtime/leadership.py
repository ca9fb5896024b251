"""Who leads, as the configuration has it: elected by a Lease, or this hub alone."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.runtime.fence import Fence
from roottrust.runtime.leader import LeaderElection, Work
from roottrust.runtime.lease import LeaseLock
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings import OperatorSettings

HUB_LEASE = "roottrust-hub"
CLUSTER_LEASE = "roottrust-cluster"


class Leadership(Protocol):
    """What decides whether this hub works."""

    @property
    def leads(self) -> bool:
        """Whether this hub may write now."""

    def check(self) -> None:
        """Raise FencedError unless this hub may write now; from any thread."""

    def describe(self) -> str:
        """Return who leads, for people."""

    async def wait(self, stop: asyncio.Event) -> bool:
        """Wait until this hub leads, or for the stop; return whether to work."""

    async def run(self, work: Work) -> None:
        """Do the work, and see meanwhile to it that only one hub writes."""


class SoleLeader:
    """The hub that is the only one, by its configuration."""

    leads = True

    def check(self) -> None:
        """Let every write pass."""

    def describe(self) -> str:
        """Return that nothing was decided."""
        return "leader: by configuration, without an election"

    async def wait(self, stop: asyncio.Event) -> bool:
        """Return at once."""
        return not stop.is_set()

    async def run(self, work: Work) -> None:
        """Do the work."""
        await work()


@asynccontextmanager
async def open_leadership(
    settings: OperatorSettings, access: KubeAccess, *, metrics: Metrics
) -> AsyncIterator[Leadership]:
    """Take part in the election, with a connection that no other request keeps busy."""
    terms = settings.leader_election
    if not terms.enabled:
        yield SoleLeader()
        return
    client = KubeClient(
        access,
        concurrency=1,
        timeout_seconds=terms.renew_seconds / 2,
        on_write=metrics.count_lease_write,
    )
    try:
        yield LeaderElection(
            lock=LeaseLock(
                client,
                namespace=settings.namespace,
                name=find_lease(settings),
                identity=f"{socket.gethostname()}_{uuid.uuid4().hex[:8]}",
                seconds=terms.lease_seconds,
            ),
            # It closes before the lease ends: what was sent in time has that long to arrive.
            fence=Fence(open_seconds=terms.renew_seconds),
            retry_seconds=terms.retry_seconds,
        )
    finally:
        await client.close()


def find_lease(settings: OperatorSettings) -> str:
    """Return the lease of a process: one for all of its roles, so that they lead together.

    A hub and a cluster role of their own, in one namespace, do not wait for each other.
    """
    return HUB_LEASE if "hub" in settings.roles else CLUSTER_LEASE

"""The floor: the same requests by a bare client that knows beforehand what to send.

It has the rights that the hub has, and nothing but the requests is timed.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from testbed import Vault
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.bare_vault import BareVault, connect, run_at_once
from tests.bench.requests_of_fleet import SWEEP_READS, FleetRequests, Write
from tests.bench.site import make_token

CONCURRENCIES = (4, 8, 16)


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The shortest time, and how many requests at once it took."""

    seconds: float
    concurrency: int


async def measure_writes(vault: Vault, requests: FleetRequests) -> Floor:
    """Return the shortest time for all writes to an empty Vault, which is empty again then."""
    found = []
    for concurrency in CONCURRENCIES:
        vault.restart()
        async with _connect_as_hub(vault) as client:
            started = time.monotonic()
            await _write_all(client, requests.root)
            await run_at_once(
                requests.clusters,
                partial(_write_all, client),
                concurrency=concurrency,
            )
            found.append(Floor(seconds=time.monotonic() - started, concurrency=concurrency))
    vault.restart()
    return min(found, key=lambda each: each.seconds)


async def measure_reads(vault: Vault, requests: FleetRequests) -> Floor:
    """Return the shortest time for all reads of a sweep in which nothing has changed."""
    paths = [*SWEEP_READS, *(path for paths in requests.cluster_reads for path in paths)]
    found = []
    for concurrency in CONCURRENCIES:
        async with _connect_as_hub(vault) as client:
            started = time.monotonic()
            await run_at_once(paths, client.read, concurrency=concurrency)
            found.append(Floor(seconds=time.monotonic() - started, concurrency=concurrency))
    return min(found, key=lambda each: each.seconds)


async def measure_statuses(kubernetes: BareKubernetes) -> Floor:
    """Return the shortest time to write each policy's status once, as the hub writes it.

    It is the status that the policy has, with another message.
    """
    policies = await kubernetes.list_policies()
    found = []
    for concurrency in CONCURRENCIES:
        statuses = [{**each, "message": f"written by {concurrency}"} for each in policies.values()]
        work = list(zip(policies, statuses, strict=True))
        started = time.monotonic()
        await run_at_once(
            work, lambda each: kubernetes.apply_status(*each), concurrency=concurrency
        )
        found.append(Floor(seconds=time.monotonic() - started, concurrency=concurrency))
    return min(found, key=lambda each: each.seconds)


@asynccontextmanager
async def _connect_as_hub(vault: Vault) -> AsyncIterator[BareVault]:
    async with connect(vault) as admin:
        token = await make_token(admin)
    async with connect(vault, token=token) as client:
        yield client


async def _write_all(client: BareVault, writes: tuple[Write, ...]) -> None:
    for path, body in writes:
        await client.write(path, body)

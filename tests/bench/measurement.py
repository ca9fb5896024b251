"""One measurement: a fleet of some size from nothing to Ready, then idle, then repaired."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed import Cluster, Testbed, Vault
from tests.bench import bare_kubernetes, bare_vault, fleet, floor, site
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.counts import RECONCILES, Counts
from tests.bench.damage import Damage
from tests.bench.floor import Floor
from tests.bench.operator_process import CpuRecord, OperatorProcess
from tests.bench.requests_of_fleet import FleetRequests, build_requests
from tests.bench.site import KUBECONFIG

READY_SECONDS = 600.0
PASS_SECONDS = 120.0

# What all policies share is read anew after five seconds.
_SHARED_READ_SECONDS = 6.0


@dataclass(frozen=True, kw_only=True)
class Start:
    """From the operator's start to all policies Ready."""

    floor: Floor
    seconds: float
    counts: Counts
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One pass over all policies in which nothing has changed."""

    floor: Floor
    seconds: float
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Objects broken by hand, to all as before."""

    objects: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Everything about one fleet."""

    count: int
    start: Start
    idle: Pass
    repair: Repair
    peak_mb: float


async def measure(bed: Testbed, folder: Path, count: int) -> Measurement:
    """Measure a fleet of this size; nothing of an earlier one is left."""
    cluster, vault = bed.cluster(fleet.HUB), bed.vault
    requests = _build_requests(cluster, count)
    fastest = await floor.measure_writes(vault, requests)
    async with bare_vault.connect(vault) as admin, _make_policies(cluster, count) as kubernetes:
        await site.make_token(admin)
        await site.make_login(admin, cluster)
        with _build_operator(cluster, vault, folder, count) as operator:
            start = await _measure_start(operator, kubernetes, count, fastest)
            await asyncio.sleep(_SHARED_READ_SECONDS)
            idle = await _measure_idle(operator, kubernetes, count)
            reads = await floor.measure_reads(vault, requests)
            repair = await _measure_repair(Damage(admin, requests), kubernetes)
            return Measurement(
                count=count,
                start=start,
                idle=Pass(floor=reads, seconds=idle[0], counts=idle[1]),
                repair=repair,
                peak_mb=operator.read_peak_mb(),
            )


async def _measure_start(
    operator: OperatorProcess, kubernetes: BareKubernetes, count: int, fastest: Floor
) -> Start:
    cpu = CpuRecord(operator)
    recording = asyncio.create_task(cpu.run())
    ready_at = await kubernetes.wait_until_ready(count, seconds=READY_SECONDS)
    await operator.wait_until_quiet()
    recording.cancel()
    with suppress(asyncio.CancelledError):
        await recording
    started_at = operator.find_start()
    return Start(
        floor=fastest,
        seconds=ready_at - started_at,
        counts=await operator.count(),
        cpu_seconds=operator.read_cpu_seconds() - cpu.find(started_at),
    )


async def _measure_idle(
    operator: OperatorProcess, kubernetes: BareKubernetes, count: int
) -> tuple[float, Counts]:
    before = await operator.count()
    wanted = before.sum(RECONCILES) + count
    started = time.monotonic()
    await kubernetes.touch_mesh()
    async with asyncio.timeout(PASS_SECONDS):
        while (await operator.count(RECONCILES)).sum(RECONCILES) < wanted:  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(0.02)
    seconds = time.monotonic() - started
    await operator.wait_until_quiet()
    return seconds, await operator.count() - before


async def _measure_repair(damage: Damage, kubernetes: BareKubernetes) -> Repair:
    await damage.do()
    await asyncio.sleep(_SHARED_READ_SECONDS)
    started_at = time.time()
    await kubernetes.touch_mesh()
    repaired_at = await damage.wait_until_repaired(seconds=PASS_SECONDS)
    return Repair(objects=damage.count, seconds=repaired_at - started_at)


def _build_requests(cluster: Cluster, count: int) -> FleetRequests:
    ca_pem = cluster.ca_file.read_text(encoding="utf-8")
    clusters = fleet.MadeUpClusters(count, kubernetes_host=cluster.server, kubernetes_ca_pem=ca_pem)
    return build_requests(clusters.list_clusters())


def _build_operator(cluster: Cluster, vault: Vault, folder: Path, count: int) -> OperatorProcess:
    config = site.build_config(vault, folder)
    return OperatorProcess(folder, config=config, kubeconfig=folder / KUBECONFIG, count=count)


@asynccontextmanager
async def _make_policies(cluster: Cluster, count: int) -> AsyncIterator[BareKubernetes]:
    async with bare_kubernetes.connect(cluster) as kubernetes:
        manifests = [fleet.build_policy(name) for name in fleet.list_names(count)]
        try:
            await kubernetes.create_all(bare_kubernetes.POLICIES, manifests)
            yield kubernetes
        finally:
            for path in (bare_kubernetes.POLICIES, bare_kubernetes.EVENTS):
                await kubernetes.delete_all(path)

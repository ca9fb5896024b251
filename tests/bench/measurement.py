"""One measurement: a fleet of some size from nothing to Ready, then idle, repaired, restarted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from testbed import Cluster, Testbed, Vault
from tests.bench import bare_kubernetes, bare_vault, fleet, floor, site
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.counts import RECONCILES, Counts
from tests.bench.cpu import CpuReader, CpuRecord
from tests.bench.damage import Damage
from tests.bench.floor import Floor
from tests.bench.operator_process import OperatorProcess
from tests.bench.progress import report_phase
from tests.bench.requests_of_fleet import FleetRequests, build_requests
from tests.bench.results import Measurement, Pass, Repair, Restart, Start
from tests.bench.site import KUBECONFIG

READY_SECONDS = 600.0
PASS_SECONDS = 120.0

# What all policies share is read anew after five seconds.
_SHARED_READ_SECONDS = 6.0


async def measure(bed: Testbed, folder: Path, count: int) -> Measurement:
    """Measure a fleet of this size; nothing of an earlier one is left."""
    cluster, vault = bed.cluster(fleet.HUB), bed.vault
    requests = _build_requests(cluster, count)
    report_phase(count, "floor: the writes by a bare client")
    fastest = await floor.measure_writes(vault, requests)
    report_phase(count, "policies are made")
    async with bare_vault.connect(vault) as admin, _make_policies(cluster, count) as kubernetes:
        await site.make_token(admin)
        await site.make_login(admin, cluster)
        with _build_operator(cluster, vault, folder, count) as operator:
            report_phase(count, "start")
            reader = CpuReader(operator=operator, vault=vault, cluster=cluster)
            start = await _measure_start(operator, kubernetes, reader, count, fastest)
            report_phase(count, "a pass in which nothing has changed")
            await asyncio.sleep(_SHARED_READ_SECONDS)
            idle = await _measure_idle(operator, kubernetes, count)
            report_phase(count, "floor: the reads by a bare client")
            reads = await floor.measure_reads(vault, requests)
            report_phase(count, "repair")
            repair = await _measure_repair(Damage(admin, requests), kubernetes)
            await operator.wait_until_quiet()
            peak_mb = operator.read_peak_mb()
        with _build_operator(cluster, vault, folder, count) as operator:
            report_phase(count, "restart")
            restart = await _measure_restart(operator, count)
            peak_mb = max(peak_mb, operator.read_peak_mb())
        report_phase(count, "floor: the status writes by a bare client")
        return Measurement(
            count=count,
            start=start,
            idle=Pass(floor=reads, seconds=idle[0], counts=idle[1]),
            repair=repair,
            restart=restart,
            statuses=await floor.measure_statuses(kubernetes),
            peak_mb=peak_mb,
        )


async def _measure_start(
    operator: OperatorProcess,
    kubernetes: BareKubernetes,
    reader: CpuReader,
    count: int,
    fastest: Floor,
) -> Start:
    cpu = CpuRecord(reader)
    async with _beside(cpu.run(), operator.check_always()):
        ready_at = await kubernetes.wait_until_ready(count, seconds=READY_SECONDS)
        await operator.wait_until_quiet()
    started_at = operator.find_start()
    return Start(
        floor=fastest,
        seconds=ready_at - started_at,
        process_seconds=ready_at - operator.launched_at,
        counts=await operator.count(),
        cpu=cpu.find(ready_at) - cpu.find(started_at),
    )


async def _measure_idle(
    operator: OperatorProcess, kubernetes: BareKubernetes, count: int
) -> tuple[float, Counts]:
    before = await operator.count()
    started = time.monotonic()
    await kubernetes.touch_mesh()
    await _wait_for_reconciles(operator, before.sum(RECONCILES) + count)
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


async def _measure_restart(operator: OperatorProcess, count: int) -> Restart:
    await operator.wait_until_it_serves(seconds=READY_SECONDS)
    await _wait_for_reconciles(operator, count)
    seconds = time.time() - operator.find_start()
    await operator.wait_until_quiet()
    return Restart(seconds=seconds, counts=await operator.count())


@asynccontextmanager
async def _beside(*endless: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run what never ends beside the rest; the first failure of any is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in endless]
            yield
            for task in tasks:
                task.cancel()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _wait_for_reconciles(operator: OperatorProcess, wanted: int) -> None:
    async with asyncio.timeout(PASS_SECONDS):
        while (await operator.count(RECONCILES)).sum(RECONCILES) < wanted:  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(0.02)


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
        await _clear(kubernetes)  # a run that was killed leaves its Lease, too
        try:
            await kubernetes.create_all(bare_kubernetes.POLICIES, manifests)
            yield kubernetes
        finally:
            await _clear(kubernetes)


async def _clear(kubernetes: BareKubernetes) -> None:
    for path in (bare_kubernetes.POLICIES, bare_kubernetes.EVENTS, bare_kubernetes.LEASES):
        await kubernetes.delete_all(path)

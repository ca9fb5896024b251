"""What the hub has cost by now, it and those that it talks to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from testbed import Cluster, Vault
from tests.bench.clusters.proxy_process import ProxyProcess
from tests.bench.clusters.results import READS_OF_ONE, Costs, Cpu
from tests.bench.counts import KUBERNETES_WRITES, RECONCILES, Counts
from tests.bench.cpu import list_running
from tests.bench.operator_process import OperatorProcess
from tests.bench.process_cpu import read_cpu_seconds

CLUSTERS = "roottrust_registered_clusters"

_STEADY_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Reads it from the kernel, from the hub's metrics and from the proxy."""

    operator: OperatorProcess
    proxy: ProxyProcess
    vault: Vault
    clusters: tuple[Cluster, ...]

    async def read(self) -> Costs:
        """Return what was used since the start of each."""
        seconds = read_cpu_seconds(self.operator.pid)
        return await self._read(await self.operator.count(), operator_seconds=seconds)

    async def read_without_operator(self) -> Costs:
        """Return what the others had used when this operator began."""
        return await self._read(Counts({}), operator_seconds=0)

    async def _read(self, counts: Counts, *, operator_seconds: float) -> Costs:
        seen = await asyncio.to_thread(self.proxy.count)
        return Costs(
            cpu=self._read_cpu(operator_seconds),
            vault_requests=counts.vault_requests,
            vault_reads_of_clusters=counts.vault_reads_of_clusters,
            vault_writes=counts.vault_writes,
            kubernetes_writes=counts.kubernetes_writes,
            reconciles=counts.sum(RECONCILES),
            cluster_reads=seen["reads"] + seen["watches"],
            cluster_reviews=seen["reviews"],
            cluster_writes=seen["writes"],
        )

    async def wait_until_well(self, count: int, *, seconds: float) -> None:
        """Wait until so many clusters are known and answer."""
        async with asyncio.timeout(seconds):
            while (await self.operator.count(CLUSTERS)).sum(CLUSTERS, state="well") < count:  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.2)

    async def wait_until_looked_at(self, count: int, *, seconds: float) -> None:
        """Wait until so many clusters were looked at in Vault."""
        async with asyncio.timeout(seconds):
            while (await self.operator.count()).vault_reads_of_clusters < READS_OF_ONE * count:  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def wait_until_steady(self, *, seconds: float) -> None:
        """Wait until nothing was reconciled or written for some seconds."""
        before = -1
        async with asyncio.timeout(seconds):
            while before < (now := await self._count_work()):
                before = now
                await asyncio.sleep(_STEADY_SECONDS)

    async def _count_work(self) -> int:
        counts = await self.operator.count(RECONCILES, KUBERNETES_WRITES)
        return counts.sum(RECONCILES) + counts.sum(KUBERNETES_WRITES)

    def _read_cpu(self, operator_seconds: float) -> Cpu:
        kubernetes = [pid for each in self.clusters for pid in list_running(each)]
        return Cpu(
            operator=operator_seconds,
            vault=sum(map(read_cpu_seconds, list_running(self.vault))),
            kubernetes=sum(map(read_cpu_seconds, kubernetes)),
            proxy=read_cpu_seconds(self.proxy.pid),
        )


def subtract(after: Costs, before: Costs) -> Costs:
    """Return what was used in between."""
    return Costs(
        cpu=after.cpu - before.cpu,
        vault_requests=after.vault_requests - before.vault_requests,
        vault_reads_of_clusters=after.vault_reads_of_clusters - before.vault_reads_of_clusters,
        vault_writes=after.vault_writes - before.vault_writes,
        kubernetes_writes=after.kubernetes_writes - before.kubernetes_writes,
        reconciles=after.reconciles - before.reconciles,
        cluster_reads=after.cluster_reads - before.cluster_reads,
        cluster_reviews=after.cluster_reviews - before.cluster_reviews,
        cluster_writes=after.cluster_writes - before.cluster_writes,
    )

"""Measurements of registered clusters that were never made."""

from __future__ import annotations

from tests.bench.clusters.results import (
    ClusterMeasurement,
    Costs,
    Cpu,
    Idle,
    Issuance,
    Outage,
    Readiness,
    Restart,
)
from tests.bench.floor import Floor


def build_costs(count: int, *, writes: int = 0) -> Costs:
    """Return costs of ten milliseconds of each processor's time a cluster."""
    seconds = count / 100
    return Costs(
        cpu=Cpu(operator=seconds, vault=seconds, kubernetes=seconds, proxy=seconds),
        vault_requests=9 * count,
        vault_reads_of_clusters=6 * count,
        vault_writes=writes,
        kubernetes_writes=writes,
        reconciles=2,
        cluster_reads=4 * count,
        cluster_reviews=0,
        cluster_writes=writes,
    )


def build_cluster_measurement(count: int, *, seconds: float | None = None) -> ClusterMeasurement:
    """Return one in which everything grows linearly unless told."""
    seconds = count / 20 if seconds is None else seconds
    return ClusterMeasurement(
        count=count,
        issuance=Issuance(
            seconds=seconds,
            costs=build_costs(count, writes=5 * count),
            floor=Floor(seconds=count / 40, concurrency=8),
        ),
        readiness=Readiness(
            seconds=seconds + 1, agents_seconds=0.5, costs=build_costs(count, writes=9 * count)
        ),
        idle=Idle(costs=build_costs(count), memory_mb=100 + count / 4, connections=4 * count),
        restart=Restart(connected_seconds=2, seconds=3, costs=build_costs(count)),
        outage=Outage(live=count * 9 // 10, seconds=seconds * 1.5),
        meshes_told=min(count, 100),
    )

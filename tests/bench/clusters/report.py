"""What was measured of registered clusters as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from tests.bench.clusters.results import ClusterMeasurement, Costs
from tests.bench.table import join_cells

_Read = Callable[[ClusterMeasurement], float]


def build_report(measurements: Sequence[ClusterMeasurement]) -> str:
    """Return how everything grows with the number of clusters, and then all that was measured."""
    return f"{build_growth(measurements)}\n\n{build_table(measurements)}"


def build_growth(measurements: Sequence[ClusterMeasurement]) -> str:
    """Return what a cluster more costs, from each count to the next: level is linear."""
    pairs = tuple(pairwise(measurements))
    head = ["a cluster more costs", *(f"{a.count} → {b.count}" for a, b in pairs)]
    lines = [join_cells(head), join_cells(["---", *("---:" for _ in pairs)])]
    for name, read, unit in _GROWTH:
        slopes = (find_slope(read, a, b) for a, b in pairs)
        lines.append(join_cells([name, *(f"{unit * each:.2f}" for each in slopes)]))
    return "\n".join(lines)


def find_slope(read: _Read, fewer: ClusterMeasurement, more: ClusterMeasurement) -> float:
    """Return what each cluster more has added."""
    return (read(more) - read(fewer)) / (more.count - fewer.count)


def build_table(measurements: Sequence[ClusterMeasurement]) -> str:
    """Return one column for each number of clusters."""
    head = ["", *(f"{each.count} clusters" for each in measurements)]
    lines = [join_cells(head), join_cells(["---", *("---:" for _ in measurements)])]
    lines += [join_cells([name, *(show(each) for each in measurements)]) for name, show in _ROWS]
    return "\n".join(lines)


def _show_cpu(costs: Costs) -> str:
    cpu = costs.cpu
    return f"{cpu.operator:.1f} / {cpu.vault:.1f} / {cpu.kubernetes:.1f} / {cpu.proxy:.1f}"


_MILLI = 1000.0
_GROWTH: tuple[tuple[str, _Read, float], ...] = (
    ("one policy to all issued, ms", lambda m: m.issuance.seconds, _MILLI),
    ("the floor of that, ms", lambda m: m.issuance.floor.seconds, _MILLI),
    ("CPU of the operator until then, ms", lambda m: m.issuance.costs.cpu.operator, _MILLI),
    ("one policy to Ready, ms", lambda m: m.readiness.seconds, _MILLI),
    ("CPU of the operator until then, ms", lambda m: m.readiness.costs.cpu.operator, _MILLI),
    ("Vault requests until then", lambda m: m.readiness.costs.vault_requests, 1.0),
    ("CPU of the operator in an idle minute, ms", lambda m: m.idle.costs.cpu.operator, _MILLI),
    ("memory, KB", lambda m: m.idle.memory_mb, 1024.0),
    ("start to all known and looked at, ms", lambda m: m.restart.seconds, _MILLI),
    ("CPU of the operator for a start, ms", lambda m: m.restart.costs.cpu.operator, _MILLI),
)
_CPU = "CPU: operator / OpenBao / API servers and etcd / proxy, s"

_ROWS: tuple[tuple[str, Callable[[ClusterMeasurement], str]], ...] = (
    (
        "**one policy to an IssuedCertificate in each cluster**, s",
        lambda m: f"**{m.issuance.seconds:.2f}**",
    ),
    (
        "floor: the same writes to Vault and clusters by a bare client, s (requests at once)",
        lambda m: f"{m.issuance.floor.seconds:.2f} ({m.issuance.floor.concurrency})",
    ),
    ("**ratio**", lambda m: f"**{m.issuance.ratio:.2f}**"),
    (_CPU, lambda m: _show_cpu(m.issuance.costs)),
    ("Vault requests a cluster", lambda m: f"{m.issuance.costs.vault_requests / m.count:.2f}"),
    ("**one policy to Ready**, s", lambda m: f"**{m.readiness.seconds:.2f}**"),
    ("of that until all agents had reported, s", lambda m: f"{m.readiness.agents_seconds:.2f}"),
    (_CPU, lambda m: _show_cpu(m.readiness.costs)),
    ("reconciles, those of mirrors among them", lambda m: str(m.readiness.costs.reconciles)),
    ("looks at each cluster in Vault", lambda m: f"{m.readiness.costs.count_looks(m.count):.2f}"),
    ("Vault requests a cluster", lambda m: f"{m.readiness.costs.vault_requests / m.count:.2f}"),
    ("Kubernetes writes", lambda m: str(m.readiness.costs.kubernetes_writes)),
    ("of them into clusters", lambda m: str(m.readiness.costs.cluster_writes)),
    ("meshes in the policy's status, 100 at most", lambda m: str(m.meshes_told)),
    ("**idle minute**: " + _CPU, lambda m: _show_cpu(m.idle.costs)),
    ("requests to clusters", lambda m: str(m.idle.costs.cluster_reads)),
    ("reviews of rights", lambda m: str(m.idle.costs.cluster_reviews)),
    ("requests to Vault", lambda m: str(m.idle.costs.vault_requests)),
    (
        "writes to Vault, Kubernetes and clusters",
        lambda m: str(m.idle.costs.writes),
    ),
    ("connections to clusters, a cluster", lambda m: f"{m.idle.connections / m.count:.2f}"),
    ("memory of the operator, MB", lambda m: f"{m.idle.memory_mb:.0f}"),
    ("**a tenth is dead: to all that live**, s", lambda m: f"**{m.outage.seconds:.2f}**"),
    ("of the time with all alive", lambda m: f"{m.outage.seconds / m.issuance.seconds:.2f}"),
    (
        "**start with all registered**: to all connected, s",
        lambda m: f"**{m.restart.connected_seconds:.2f}**",
    ),
    ("to the policy looked at, s", lambda m: f"{m.restart.seconds:.2f}"),
    (_CPU, lambda m: _show_cpu(m.restart.costs)),
    ("requests to clusters, a cluster", lambda m: f"{m.restart.costs.cluster_reads / m.count:.2f}"),
    (
        "writes to Vault, Kubernetes and clusters",
        lambda m: str(m.restart.costs.writes),
    ),
)

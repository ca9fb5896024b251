"""Measurements as a table in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.bench.counts import BUGS, KUBERNETES_WRITES, VAULT_LOGINS
from tests.bench.measurement import Measurement

_Row = tuple[str, Callable[[Measurement], str]]


def build_table(measurements: Sequence[Measurement]) -> str:
    """Return one column for each fleet."""
    head = ["", *(f"{each.count} policies" for each in measurements)]
    lines = [_join(head), _join(["---", *("---:" for _ in measurements)])]
    lines += [_join([name, *(show(each) for each in measurements)]) for name, show in _ROWS]
    return "\n".join(lines)


def _join(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _per_policy(total: float, found: Measurement) -> str:
    return f"{total / found.count:.2f}"


def _kubernetes_writes(found: Measurement, kind: str) -> str:
    return _per_policy(found.start.counts.sum(KUBERNETES_WRITES, kind=kind), found)


_STATUS = "roottrustpolicies.admin.gloo.solo.io"

_ROWS: tuple[_Row, ...] = (
    ("**start to all Ready**, s", lambda m: f"**{m.start.seconds:.2f}**"),
    (
        "floor: the same Vault writes by a bare client, s (requests at once)",
        lambda m: f"{m.start.floor.seconds:.2f} ({m.start.floor.concurrency})",
    ),
    ("**ratio**", lambda m: f"**{m.start.seconds / m.start.floor.seconds:.2f}**"),
    ("Vault requests in all", lambda m: str(m.start.counts.vault_requests)),
    ("Vault requests a cluster", lambda m: _per_policy(m.start.counts.vault_requests, m)),
    ("Vault writes a cluster", lambda m: _per_policy(m.start.counts.vault_writes, m)),
    ("Vault logins in all", lambda m: str(m.start.counts.sum(VAULT_LOGINS))),
    ("Kubernetes writes a policy: status", lambda m: _kubernetes_writes(m, _STATUS)),
    ("Kubernetes writes a policy: Events", lambda m: _kubernetes_writes(m, "events")),
    ("CPU of the operator, s", lambda m: f"{m.start.cpu_seconds:.2f}"),
    ("**pass in which nothing changed**, s", lambda m: f"**{m.idle.seconds:.2f}**"),
    (
        "floor: the same Vault reads by a bare client, s (requests at once)",
        lambda m: f"{m.idle.floor.seconds:.2f} ({m.idle.floor.concurrency})",
    ),
    ("ratio", lambda m: f"{m.idle.seconds / m.idle.floor.seconds:.2f}"),
    ("Vault reads a cluster", lambda m: _per_policy(m.idle.counts.vault_reads_of_clusters, m)),
    ("Vault reads for all at once", lambda m: str(m.idle.counts.vault_reads_of_sweep)),
    ("Vault writes", lambda m: str(m.idle.counts.vault_writes)),
    ("Kubernetes writes", lambda m: str(m.idle.counts.sum(KUBERNETES_WRITES))),
    ("**objects broken by hand, all repaired**, s", lambda m: f"**{m.repair.seconds:.2f}**"),
    ("objects", lambda m: str(m.repair.objects)),
    ("peak memory of the operator, MB", lambda m: f"{m.peak_mb:.0f}"),
    ("failures that no class fits", lambda m: str(m.start.counts.sum(BUGS))),
)

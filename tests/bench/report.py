"""Measurements as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.bench.aims import judge
from tests.bench.counts import BUGS, KUBERNETES_WRITES, VAULT_LOGINS
from tests.bench.floor import Floor
from tests.bench.results import Measurement
from tests.bench.table import join_cells

_Row = tuple[str, Callable[[Measurement], str]]


def build_report(measurements: Sequence[Measurement]) -> str:
    """Return the aims with their verdicts, and all that was measured."""
    return f"{build_verdicts(measurements)}\n\n{build_table(measurements)}"


def build_verdicts(measurements: Sequence[Measurement]) -> str:
    """Return one row for each aim."""
    head = [["aim", "found", ""], ["---", "---:", "---"]]
    rows = [[each.aim, each.found, each.word] for each in judge(measurements)]
    return "\n".join(join_cells(cells) for cells in [*head, *rows])


def build_table(measurements: Sequence[Measurement]) -> str:
    """Return one column for each fleet."""
    head = ["", *(f"{each.count} policies" for each in measurements)]
    lines = [join_cells(head), join_cells(["---", *("---:" for _ in measurements)])]
    lines += [join_cells([name, *(show(each) for each in measurements)]) for name, show in _ROWS]
    return "\n".join(lines)


def _per_policy(total: float, found: Measurement) -> str:
    return f"{total / found.count:.2f}"


def _kubernetes_writes(found: Measurement, kind: str) -> str:
    return _per_policy(found.start.counts.sum(KUBERNETES_WRITES, kind=kind), found)


def _show_floor(floor: Floor) -> str:
    return f"{floor.seconds:.2f} ({floor.concurrency})"


_STATUS = "roottrustpolicies.admin.gloo.solo.io"

_ROWS: tuple[_Row, ...] = (
    ("**start to all Ready**, s", lambda m: f"**{m.start.seconds:.2f}**"),
    (
        "floor: the same Vault writes by a bare client, s (requests at once)",
        lambda m: _show_floor(m.start.floor),
    ),
    ("**ratio**", lambda m: f"**{m.start.ratio:.2f}**"),
    (
        "for comparison: the status writes alone by a bare client, s (requests at once)",
        lambda m: _show_floor(m.statuses),
    ),
    ("process start to all Ready, s", lambda m: f"{m.start.process_seconds:.2f}"),
    ("Vault requests in all", lambda m: str(m.start.counts.vault_requests)),
    ("Vault requests a cluster", lambda m: _per_policy(m.start.counts.vault_requests, m)),
    ("Vault writes a cluster", lambda m: _per_policy(m.start.counts.vault_writes, m)),
    ("Vault logins in all", lambda m: str(m.start.counts.sum(VAULT_LOGINS))),
    ("Kubernetes writes a policy: status", lambda m: _kubernetes_writes(m, _STATUS)),
    ("Kubernetes writes a policy: Events", lambda m: _kubernetes_writes(m, "events")),
    ("CPU until all are Ready: operator, s", lambda m: f"{m.start.cpu.operator:.2f}"),
    ("CPU until all are Ready: OpenBao, s", lambda m: f"{m.start.cpu.vault:.2f}"),
    ("CPU until all are Ready: API server and etcd, s", lambda m: f"{m.start.cpu.kubernetes:.2f}"),
    ("**pass in which nothing changed**, s", lambda m: f"**{m.idle.seconds:.2f}**"),
    (
        "floor: the same Vault reads by a bare client, s (requests at once)",
        lambda m: _show_floor(m.idle.floor),
    ),
    ("ratio", lambda m: f"{m.idle.seconds / m.idle.floor.seconds:.2f}"),
    ("Vault reads a cluster", lambda m: _per_policy(m.idle.counts.vault_reads_of_clusters, m)),
    ("Vault reads for all at once", lambda m: str(m.idle.counts.vault_reads_of_sweep)),
    ("Vault reads of the root that all share", lambda m: str(m.idle.counts.vault_reads_of_roots)),
    ("Vault writes", lambda m: str(m.idle.counts.vault_writes)),
    ("Kubernetes writes", lambda m: str(m.idle.counts.kubernetes_writes)),
    ("**objects broken by hand, all repaired**, s", lambda m: f"**{m.repair.seconds:.2f}**"),
    ("objects", lambda m: str(m.repair.objects)),
    ("**restart to all looked at**, s", lambda m: f"**{m.restart.seconds:.2f}**"),
    ("Vault writes, logins apart", lambda m: str(m.restart.counts.vault_writes)),
    ("Kubernetes writes", lambda m: str(m.restart.counts.kubernetes_writes)),
    ("peak memory of the operator, MB", lambda m: f"{m.peak_mb:.0f}"),
    (
        "failures that no class fits",
        lambda m: str(sum(each.sum(BUGS) for each in (m.start.counts, m.restart.counts))),
    ),
)

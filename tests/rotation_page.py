"""`python -m tests.rotation_page`: write docs/rotation-proof.md from what its tests have seen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.e2e.fleet.rotation_table import Row, read_rows
from tests.proof_page import build_table, describe_site

PAGE = Path(__file__).parents[1] / "docs/rotation-proof.md"
HEAD = """\
# Rotations of the root that were run

What became of the connections between workloads while the root was [replaced](rotation.md). Every
row is one run of `tests/e2e/fleet`; a row that is not here was not run.

Three clusters: the hub in one, a real istiod (`ISTIO_MULTIROOT_MESH=true`) and workloads with real
`pilot-agent`s in each of the two others. Four clients connect anew by mutual TLS, up to 20 times a
second each, both ways across and within the clusters; both sides prove their identities. Workloads
ask for new certificates in the middle of their lives, out of phase, so that old and new ones meet.

A fault strikes in each stage as soon as the stage is seen: in the six of CrossSigned or the seven
of MultiRoot. *Cut off* is that neither the hub nor Vault is reached from a cluster or reaches it,
while its pods and those of the other cluster reach each other. Agents are killed in one cluster
and in the other by turns. *By turns*, from Prepare on: agent killed, hub killed, cut off, both
istiods replaced, Vault sealed, status deleted, and so on. *Failed* is by the stage in which
connections failed. *Istiods restarted* have two replicas, one of which publishes roots, and the
policy has `autoRestartPods`: each istiod is restarted in Widen and in Drop where it takes changed
roots no other way, else once in Retire, and no more often. The controls are what a person would do
by hand without care, through the same clients: there they fail.

*Expired* is that istio's agent had no new certificate when the old one ended. It asks in the middle
of a life: one of 20 s ends before istiod answers where a machine has too much to do (up to 21 s
were seen at a load of 22 on two cores). So faults are now struck with lives of 60 s, and 5
connections a second of each client; *no fault* has 20 or 30 s and 20 connections.
"""
_REASONS = {
    "self-signed certificate": "not trusted",
    "unknown ca": "not trusted",
    "unknown_ca": "not trusted",
    "certificate has expired": "expired",
    "certificate_expired": "expired",
    "broken pipe": "cut",
    "timed out": "timed out",
}
COLUMNS = (
    "run",
    "strategy",
    "server",
    "when",
    "load average",
    "certificates live (s)",
    "connections",
    "failed",
    "took (s)",
)


def write_page() -> str:
    """Write the page, and return it."""
    rows = sorted(read_rows(), key=lambda row: (row.run, row.strategy, row.at))
    page = "\n".join(
        [HEAD, *describe_site(), "", *build_table(COLUMNS, map(_list_cells, rows)), ""]
    )
    PAGE.write_text(page)
    return page


def _list_cells(row: Row) -> tuple[object, ...]:
    made = (row.run, row.strategy, row.server, row.at, row.load)
    return (*made, row.certificate_seconds, row.connections, _tell_failed(row), row.seconds)


def _tell_failed(row: Row) -> str:
    """Return how many failed, in which stages, and why."""
    stages = ", ".join(f"{count} in {stage}" for stage, count in row.failed.items())
    reasons = Counter[str]()
    for error, count in row.errors.items():
        reasons[_name_reason(error)] += count
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    return f"**{sum(row.failed.values())}**: {stages} (of all {why})" if stages else "0"


def _name_reason(error: str) -> str:
    """Return in short what both sides call differently."""
    found = (short for part, short in _REASONS.items() if part in error.lower())
    return next(found, error)


if __name__ == "__main__":
    print(write_page())

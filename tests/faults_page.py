"""`python -m tests.faults_page`: write docs/faults.md from what the tests of faults have seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.integration.hub.fault_table import Row, read_rows
from tests.proof_page import build_table, describe_site

PAGE = Path(__file__).parents[1] / "docs/faults.md"
HEAD = """\
# Faults

What the hub says, sends and recovers from while something around it is wrong, as `make prove` has
measured it on both servers. Every row is one run; a row that is not here was not run.

Three policies were Ready. With the fault, or right before where nothing can be edited meanwhile,
all three were edited (one write each) and a fourth was made, which has Vault make its root (seven
writes). *Said meanwhile* is the first condition that did not hold, read once a second. *Requests*
and *writes* were sent to Vault while the fault lasted, refused ones and probes of `sys/health`
among them; *Kubernetes writes* are status and Events of four policies, without the lease. *Ready
after* counts from the end of the fault to all four policies Ready with their edits in Vault. The
hub has its default settings (resync every 5 minutes, leader election), logs in by AppRole, and is
started again when it ends, as a kubelet does. Only counts and order are checked; times depend on
the machine.
"""
COLUMNS = (
    "fault",
    "server",
    "lasted (s)",
    "said meanwhile",
    "requests",
    "writes",
    "Kubernetes writes",
    "ready after (s)",
    "note",
)


def write_page() -> str:
    """Write the page, and return it."""
    rows = sorted(read_rows(), key=lambda row: (row.fault.lower(), row.server))
    page = "\n".join(
        [HEAD, *_describe_run(rows), "", *build_table(COLUMNS, map(_list_cells, rows)), ""]
    )
    PAGE.write_text(page)
    return page


def _describe_run(rows: list[Row]) -> Iterator[str]:
    yield from describe_site()
    if rows:
        loads = sorted(float(row.load) for row in rows)
        yield f"Made from {min(row.at for row in rows)} to {max(row.at for row in rows)},"
        yield f"with a load average of {loads[0]} to {loads[-1]} (other work was going on, too)."


def _list_cells(row: Row) -> tuple[object, ...]:
    shown = "<br>".join(row.shown) or "nothing: it stays Ready, or is looked at"
    numbers = (row.requests, row.writes, row.kubernetes_writes, row.recovered_seconds)
    return (row.fault, row.server, row.seconds, shown, *numbers, row.note)


if __name__ == "__main__":
    print(write_page())

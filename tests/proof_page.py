"""What the pages of docs/ that tests write have in common: the conditions, and one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from testbed.parts import KUBERNETES_VERSION, OPENBAO, VAULT
from tests.integration.hub.fault_table import describe_machine


def describe_site() -> Iterator[str]:
    """Return on what it was run."""
    yield f"OpenBao {OPENBAO.version}, HashiCorp Vault {VAULT.version},"
    yield f"Kubernetes {KUBERNETES_VERSION}; {describe_machine()}."


def build_table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return the lines of a table in Markdown."""
    yield _build_line(columns)
    yield _build_line(["---"] * len(columns))
    yield from map(_build_line, rows)


def _build_line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"

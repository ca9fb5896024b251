"""Rows of tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def join_cells(cells: Sequence[str]) -> str:
    """Return one row."""
    return f"| {' | '.join(cells)} |"

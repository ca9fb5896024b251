"""Putting what was measured into the page about it."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"

POLICIES = "measured"
CLUSTERS = "measured clusters"


def put_into_page(page: str, measured: str, *, part: str = POLICIES) -> str:
    """Return the page with what is between a part's marks replaced; ValueError without marks."""
    first, last = f"<!-- {part}: begin (make bench RECORD=1) -->", f"<!-- {part}: end -->"
    head, begin, rest = page.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} needs the lines {first} and {last}")
    return f"{head}{begin}\n\n{measured}\n\n{end}{tail}"


def record(measured: str, *, part: str) -> None:
    """Write one part of the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(put_into_page(page, measured, part=part), encoding="utf-8")

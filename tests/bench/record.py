"""Putting what was measured into the page about it."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"

_BEGIN = "<!-- measured: begin (make bench RECORD=1) -->"
_END = "<!-- measured: end -->"


def put_into_page(page: str, measured: str) -> str:
    """Return the page with what is between its marks replaced; raises ValueError without marks."""
    head, begin, rest = page.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} needs the lines {_BEGIN} and {_END}")
    return f"{head}{begin}\n\n{measured}\n\n{end}{tail}"


def record(measured: str) -> None:
    """Write the page anew."""
    PAGE.write_text(put_into_page(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")

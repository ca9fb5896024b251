"""Numbers of things in words."""

from __future__ import annotations

_HISSING = ("s", "x", "sh", "ch")


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in `2 policies`."""
    return f"{number} {noun if number == 1 else _build_plural(noun)}"


def _build_plural(noun: str) -> str:
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_HISSING) else f"{noun}s"

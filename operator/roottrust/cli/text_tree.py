"""A tree as terminals show it: each node on a line, joined to the one that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BRANCH, _LAST = "├─ ", "└─ "
_THROUGH, _BLANK = "│  ", "   "


@dataclass(frozen=True, kw_only=True)
class Node:
    """One line, and what hangs under it."""

    text: str
    children: tuple[Node, ...] = ()


def draw_tree(node: Node) -> Iterator[str]:
    """Return the lines, the topmost node's first."""
    yield node.text
    for number, child in enumerate(node.children, start=1):
        is_last = number == len(node.children)
        first, *others = draw_tree(child)
        yield f"{_LAST if is_last else _BRANCH}{first}"
        yield from (f"{_BLANK if is_last else _THROUGH}{line}" for line in others)

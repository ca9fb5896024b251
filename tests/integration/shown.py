"""What a page shows of a command, against what it tells."""

from __future__ import annotations

import re

from tests.doc_blocks import Block
from tests.integration.command_result import CommandResult

# What a page shows of another fleet: numbers, times, names, and the tree that is drawn meanwhile.
_OTHERS = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"(\d+ min )?\d+ s\b", "SPAN"),
    (r"\bistiod-[\w-]+-cluster\d", "MESH"),
    (r"\bpki\w*/", "MOUNT/"),
    (r"\b1 is\b", "N are"),
    (r"\d+", "N"),
)
_TREE = "?✓!├└│"


def check_shown(block: Block, done: CommandResult, *, but: str = "nothing") -> None:
    """Every line that a page shows of a command has to be one that it tells."""
    # Only a terminal echoes the answer and the end of its line.
    told = set(_generalize((done.out + done.err).replace("[y/N]: ", "[y/N]:\n")))
    page = block.text.replace(" Now that is cluster3.", "").replace("[y/N]: y", "[y/N]:")
    shown = [
        line
        for line in page.splitlines()[1:]
        if line[0] not in _TREE and line != "…" and not line.startswith(but)
    ]
    assert [line for line in _generalize("\n".join(shown)) if line not in told] == [], done


def _generalize(text: str) -> list[str]:
    for pattern, name in _OTHERS:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.splitlines()]

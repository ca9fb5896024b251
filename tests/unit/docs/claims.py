"""Which blocks the tests run: those that they call `find_block` for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.doc_blocks import REPOSITORY, Block, find_block


@cache
def find_runs() -> dict[Block, str]:
    """Return the blocks that tests of real parts take from the docs, and which test does."""
    paths = sorted((REPOSITORY / "tests").rglob("*.py"))
    return {
        find_block(page, begins): f"{path.relative_to(REPOSITORY)}:{line}"
        for path in paths
        if path.parts[-3] != "unit"
        for page, begins, line in _list_calls(path)
    }


def _list_calls(path: Path) -> Iterator[tuple[str, str, int]]:
    text = path.read_text()
    if "find_block" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "find_block"
        ):
            given = [each.value for each in node.args if isinstance(each, ast.Constant)]
            assert len(given) == 2, f"{path}:{node.lineno}: name page and first line as they are"
            yield str(given[0]), str(given[1]), node.lineno

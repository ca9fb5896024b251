"""The blocks of the docs that people copy: commands, manifests, configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).parents[1]
SHELL = ("sh", "shell", "bash")
CONSOLE = "console"
LANGUAGES = (*SHELL, CONSOLE, "yaml", "json", "hcl")

_PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/**/*.md",
    "deploy/**/README.md",
    "charts/**/README.md",
)
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\s*$")
_PROMPT = "$ "


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block; `line` is that of its fence."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def first(self) -> str:
        """Its first line, by which tests name it: lines above it may come and go."""
        return self.text.splitlines()[0].strip() if self.text.strip() else ""

    @property
    def commands(self) -> str:
        """What people type: of a session what is behind the prompts."""
        if self.language != CONSOLE:
            return self.text
        typed = (line for line in self.text.splitlines() if line.startswith(_PROMPT))
        return "".join(f"{line.removeprefix(_PROMPT)}\n" for line in typed)


def list_pages() -> tuple[str, ...]:
    """Return the pages that people read, but for what tells of the past."""
    found = {path for pattern in _PAGES for path in REPOSITORY.glob(pattern)}
    return tuple(sorted(str(path.relative_to(REPOSITORY)) for path in found))


@cache
def list_blocks() -> tuple[Block, ...]:
    """Return all blocks that are copied, page by page."""
    return tuple(
        block
        for page in list_pages()
        for block in read_blocks((REPOSITORY / page).read_text(), page=page)
    )


def find_block(page: str, begins: str) -> Block:
    """Return the one block of a page whose first line is that, or the only one that begins so.

    Whoever calls this runs it: by that, tests know which blocks are run.
    """
    of_page = [block for block in list_blocks() if block.page == page]
    found = [block for block in of_page if block.first == begins]
    found = found or [block for block in of_page if block.first.startswith(begins)]
    assert len(found) == 1, f"{page} has {len(found)} blocks that begin with {begins!r}"
    return found[0]


def read_blocks(text: str, *, page: str) -> Iterator[Block]:
    """Return the blocks of one page; one without a language counts if it begins with a prompt."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        opened = _FENCE.match(line)
        if opened is None:
            assert not line.lstrip().startswith("```"), f"{page}:{number}: an odd fence"
            continue
        inside: list[str] = []
        for _, each in lines:
            if each.strip() == "```":
                break
            inside.append(each)
        body = dedent("\n".join(inside)) + "\n"
        language = opened["language"] or (CONSOLE if body.startswith(_PROMPT) else "")
        if language in LANGUAGES:
            yield Block(page=page, line=number, language=language, text=body)

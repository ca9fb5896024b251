"""Which files of this repository are pages."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

FOLDERS = ("docs", "charts", "deploy")


def list_pages(root: Path) -> list[str]:
    """Return the paths of all pages, the same for everybody."""
    found = [*root.glob("*.md")]
    for folder in FOLDERS:
        found += (root / folder).rglob("*.md")
    return sorted(path.relative_to(root).as_posix() for path in found)


def match(page: str, pattern: str) -> bool:
    """Return whether a pattern means a page; a star stays within a folder."""
    return page.count("/") == pattern.count("/") and fnmatchcase(page, pattern)

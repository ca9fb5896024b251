"""Links between pages and into the tree: each leads to a file or a heading that is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docsite.markdown import Link, list_anchors, list_links

# What messages, alerts and comments name; pages themselves have links.
_MENTION = re.compile(r"(?<![\w/.])docs/([\w./-]+\.md)(?:#([\w-]+))?")
_MENTIONING = ("operator", "deploy", "charts", "demo", "testbed")
_SUFFIXES = frozenset({".py", ".yaml", ".json", ".txt", ".toml"})


def find_broken(root: Path, pages: list[str]) -> Iterator[str]:
    """Yield a line for each link that leads nowhere."""

    @cache
    def anchors_of(page: str) -> set[str]:
        return list_anchors((root / page).read_text(encoding="utf-8"))

    for page in pages:
        for link in list_links((root / page).read_text(encoding="utf-8")):
            target = find_target(page, link)
            if target is None or not (root / target).exists():
                yield f"{page}:{link.line}: there is no {link.path}"
            elif (root / target).is_dir():
                yield f"{page}:{link.line}: {link.path} is a folder, of which the site has no page"
            elif link.anchor and (target not in pages or link.anchor not in anchors_of(target)):
                yield f"{page}:{link.line}: {target} has no heading #{link.anchor}"


def find_broken_mentions(root: Path, pages: list[str]) -> Iterator[str]:
    """Yield a line for each page that code names by its path and that is not there."""
    for path in _list_mentioning(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for name, anchor in _MENTION.findall(line):
                page = f"docs/{name}"
                where = f"{path.relative_to(root)}:{number}"
                if page not in pages:
                    yield f"{where}: there is no {page}"
                elif anchor and anchor not in list_anchors((root / page).read_text("utf-8")):
                    yield f"{where}: {page} has no heading #{anchor}"


def _list_mentioning(root: Path) -> list[Path]:
    found = (path for folder in _MENTIONING for path in (root / folder).rglob("*"))
    return sorted(path for path in found if path.suffix in _SUFFIXES)


def find_target(page: str, link: Link) -> str | None:
    """Return the path that a link means, or None where it leads out of the repository."""
    if not link.path:
        return page
    if link.path.startswith("/"):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.path))
    return None if target.startswith("..") else target

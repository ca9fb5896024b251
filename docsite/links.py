"""Links between pages and into the tree: each leads to a file or a heading that is there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docsite.markdown import Link, list_anchors, list_links


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


def find_target(page: str, link: Link) -> str | None:
    """Return the path that a link means, or None where it leads out of the repository."""
    if not link.path:
        return page
    if link.path.startswith("/"):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.path))
    return None if target.startswith("..") else target

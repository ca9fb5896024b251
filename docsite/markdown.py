"""What a page says of itself: its headings' anchors and its links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)")
_ANCHOR = re.compile(r"<a\s[^>]*?\b(?:id|name)=[\"']([^\"']+)")
_OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A link into this repository: a path that may be empty, and an anchor that may be."""

    line: int
    path: str
    anchor: str


def list_links(text: str) -> Iterator[Link]:
    """Yield the links of a page, but for those to elsewhere."""
    for number, line in _list_prose(text):
        bare = _CODE.sub("", line)
        for target in (*_LINK.findall(bare), *_DEFINITION.findall(bare)):
            if not _OUTSIDE.match(target):
                path, _, anchor = target.partition("#")
                yield Link(number, unquote(path), unquote(anchor))


def list_anchors(text: str) -> set[str]:
    """Return what a link to a page may have behind its `#`, on the site and on Git hosts alike.

    A second heading of the same words is called otherwise by either, and so is no target.
    """
    counts = Counter[str]()
    named = set[str]()
    for _, line in _list_prose(text):
        named.update(_ANCHOR.findall(line))
        if heading := _HEADING.match(line):
            counts[_slug(heading[1])] += 1
    return named | {slug for slug, count in counts.items() if count == 1}


def _list_prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield every line with its number, but for those of code."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield number, line


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    kept = re.sub(r"[^\w\- ]", "", words.replace("`", ""))
    return kept.strip().lower().replace(" ", "-")

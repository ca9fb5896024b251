"""Lists, read page by page: a long one is in memory several times while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roottrust.domain.manifest import read_mapping, read_mappings
from roottrust.kube.errors import build_missing
from roottrust.kube.media_type import JSON
from roottrust.kube.transport import KubeTransport

PAGE_SIZE = 100


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list; `following` names the next one, and is empty for the last.

    `size` is that of its text. `answered_at` is by the API server's clock, None where it does not
    say.
    """

    items: tuple[Mapping[str, Any], ...]
    version: str = ""
    following: str = ""
    size: int = 0
    answered_at: datetime | None = None


async def read_page(
    transport: KubeTransport,
    path: str,
    *,
    selectors: Mapping[str, str],
    following: str = "",
    accept: str = JSON,
) -> Page:
    """Return a part of the list at a path; raises DependencyMissingError where there is none."""
    query = {"limit": str(PAGE_SIZE), **selectors}
    query |= {"continue": following} if following else {}
    answer = await transport.ask("GET", path, verb="list", query=query, accept=accept)
    if answer.found is None:
        raise build_missing(path)
    metadata = read_mapping(answer.found.get("metadata"))
    page = Page(
        items=read_mappings(answer.found.get("items")),
        version=str(metadata.get("resourceVersion") or ""),
        following=str(metadata.get("continue") or ""),
        size=answer.size,
        answered_at=answer.answered_at,
    )
    if page.following and not page.items:
        raise transport.build_strange()  # no list that goes on has an empty page: it never ends
    return page

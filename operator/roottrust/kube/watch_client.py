"""Listing and watching kinds of an API server that need not be our own.

kopf watches the cluster that the operator runs in, and only that one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import classify_status
from roottrust.kube.kind import ResourceKind, build_path, build_selectors
from roottrust.kube.page import Page, read_page
from roottrust.kube.transport import KubeTransport

ANSWER_BYTES_MAX = 16 * 2**20
WATCH_SECONDS = 600

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class WatchEvent:
    """One change; `size` is that of its text. A bookmark tells a version alone."""

    type: str
    found: Object
    size: int

    @property
    def version(self) -> str:
        """The version after which a watch can go on."""
        return str((self.found.get("metadata") or {}).get("resourceVersion") or "")


class WatchClient:
    """Reads lists and watches with bounds on what it takes; it writes nothing."""

    def __init__(
        self, access: KubeAccess, *, concurrency: int = 2, timeout_seconds: float = 30.0
    ) -> None:
        self.access = access
        self._transport = KubeTransport(
            access,
            concurrency=concurrency,
            timeout_seconds=timeout_seconds,
            answer_bytes=ANSWER_BYTES_MAX,
        )

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self.access.server

    async def list_page(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        following: str = "",
    ) -> Page:
        """Return a part of a list; raises DependencyMissingError where the kind is not known."""
        page = await read_page(
            self._transport,
            build_path(kind, namespace=namespace),
            selectors=build_selectors(label_selector),
            following=following,
        )
        return replace(page, items=tuple(filter(_is_object, page.items)))

    async def watch(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        version: str,
        silence_seconds: float,
    ) -> AsyncGenerator[WatchEvent]:
        """Yield the changes since a version until the server ends it.

        API servers send a bookmark a minute, so silence means that the connection is dead: that is
        raised as a TransientError, as is everything that tells to list anew.
        """
        path = build_path(kind, namespace=namespace)
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(WATCH_SECONDS),
            **build_selectors(label_selector),
        }
        lines = self._transport.stream(path, query=query, silence_seconds=silence_seconds)
        async with aclosing(lines):
            async for line in lines:
                yield self._read_event(line, path=path)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    def _read_event(self, line: bytes, *, path: str) -> WatchEvent:
        try:
            event = json.loads(line)
            type_, found = event["type"], event["object"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._transport.build_strange() from None
        if type_ == "ERROR" and isinstance(found, dict):
            code = found.get("code")
            raise classify_status(
                code if isinstance(code, int) else HTTPStatus.INTERNAL_SERVER_ERROR,
                message=str(found.get("message") or ""),
                retry_after_seconds=None,
                verb="watch",
                path=path,
            )
        if type_ not in {"ADDED", "MODIFIED", "DELETED", "BOOKMARK"} or not isinstance(found, dict):
            raise self._transport.build_strange()
        if type_ != "BOOKMARK" and not _is_object(found):
            raise self._transport.build_strange()
        return WatchEvent(type=type_, found=found, size=len(line))


def _is_object(found: object) -> bool:
    """Whether it has what every object in a namespace has: a server may send anything."""
    metadata = found.get("metadata") if isinstance(found, dict) else None
    return (
        isinstance(metadata, dict)
        and isinstance(metadata.get("name"), str)
        and isinstance(metadata.get("namespace"), str)
    )

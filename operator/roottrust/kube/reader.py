"""Reading from one Kubernetes API server objects of any kind, as plain dicts.

Nothing is retried here: retries belong to the work queue.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from roottrust.http.guard import Guard, allow_writes
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import build_missing
from roottrust.kube.kind import ResourceKind, build_path, build_selectors
from roottrust.kube.managed_fields import drop_managed_fields
from roottrust.kube.media_type import ANYTHING, JSON, METADATA, METADATA_LIST
from roottrust.kube.page import Page, read_page
from roottrust.kube.transport import KubeTransport


class KubeReader:
    """One API server; create it inside the event loop and close it there.

    With `answer_bytes` neither answers nor whole lists that are larger are read to their end.
    """

    def __init__(
        self,
        access: KubeAccess,
        *,
        concurrency: int = 12,
        timeout_seconds: float = 30.0,
        guard: Guard = allow_writes,
        answer_bytes: int | None = None,
    ) -> None:
        self._access = access
        self._answer_bytes = answer_bytes
        self._transport = KubeTransport(
            access,
            concurrency=concurrency,
            timeout_seconds=timeout_seconds,
            guard=guard,
            answer_bytes=answer_bytes,
        )

    @property
    def access(self) -> KubeAccess:
        """The credentials of this client."""
        return self._access

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self._access.server

    @property
    def ca_pem(self) -> str | None:
        """The CA that signed the server's certificate; None for the system's trust."""
        return self._access.ca_pem

    async def get(
        self, kind: ResourceKind, *, name: str, namespace: str | None = None
    ) -> dict[str, Any] | None:
        """Return an object, None if it is not there."""
        path = build_path(kind, namespace=namespace, name=name)
        return await self._transport.send("GET", path, verb="get")

    async def get_raw(self, path: str) -> dict[str, Any]:
        """Return the document at a path that is no object's, such as /version.

        Raises DependencyMissingError when there is none.
        """
        answer, _ = await self.get_raw_timed(path)
        return answer

    async def get_raw_timed(self, path: str) -> tuple[dict[str, Any], datetime | None]:
        """Return it as above, and by the API server's clock when it was answered, too."""
        answer = await self._transport.ask("GET", path, verb="get", accept=ANYTHING)
        if answer.found is None:
            raise build_missing(path)
        return answer.found, answer.answered_at

    async def get_metadata(
        self, kind: ResourceKind, *, name: str, namespace: str | None = None
    ) -> dict[str, Any] | None:
        """Return only the metadata of an object, None if it is not there: for Secrets of others."""
        path = build_path(kind, namespace=namespace, name=name)
        return await self._transport.send("GET", path, verb="get", accept=METADATA)

    async def list(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Return all objects of a kind, in all namespaces unless one is named.

        They come without `managedFields`: a long list takes half of the memory then. Raises
        DependencyMissingError when the API server does not know the kind.
        """
        selectors = build_selectors(label_selector, field_selector)
        return await self._list(kind, namespace=namespace, selectors=selectors, accept=JSON)

    async def list_metadata(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Return only the metadata of all objects of a kind: cheap enough to audit watches."""
        selectors = build_selectors(label_selector, field_selector)
        return await self._list(
            kind, namespace=namespace, selectors=selectors, accept=METADATA_LIST
        )

    def list_pages(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> AsyncIterator[Page]:
        """Yield the objects of a kind page by page, for whoever keeps little of each."""
        selectors = build_selectors(label_selector, field_selector)
        return self._list_pages(kind, namespace=namespace, selectors=selectors, accept=JSON)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _list(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None,
        selectors: Mapping[str, str],
        accept: str,
    ) -> tuple[Mapping[str, Any], ...]:
        pages = self._list_pages(kind, namespace=namespace, selectors=selectors, accept=accept)
        return tuple([each async for page in pages for each in page.items])

    async def _list_pages(
        self,
        kind: ResourceKind,
        *,
        namespace: str | None,
        selectors: Mapping[str, str],
        accept: str,
    ) -> AsyncIterator[Page]:
        path, following, size = build_path(kind, namespace=namespace), "", 0
        while True:
            page = await read_page(
                self._transport, path, selectors=selectors, following=following, accept=accept
            )
            size += page.size
            if self._answer_bytes is not None and size > self._answer_bytes:
                raise self._transport.build_too_large()
            yield replace(page, items=tuple(map(drop_managed_fields, page.items)))
            following = page.following
            if not following:
                return

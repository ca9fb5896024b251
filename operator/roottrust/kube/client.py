"""Talking to one Kubernetes API server about objects of any kind, as plain dicts.

Writes are server-side apply wherever the object is ours. Nothing is retried here: retries belong to
the work queue.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from roottrust.domain.errors import RootTrustError
from roottrust.http.guard import Guard, allow_writes
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import build_missing
from roottrust.kube.kind import ResourceKind, build_path, build_selectors
from roottrust.kube.managed_fields import drop_managed_fields
from roottrust.kube.media_type import (
    ANYTHING,
    APPLY_PATCH,
    JSON,
    JSON_PATCH,
    METADATA,
    METADATA_LIST,
)
from roottrust.kube.transport import Body, KubeTransport

# While a page is read it is in memory several times.
PAGE_SIZE = 100


class OnWrite(Protocol):
    """Told of every write: `result` is `ok` or the reason why it failed."""

    def __call__(self, *, verb: str, kind: str, result: str) -> None:
        """Count one write."""


def ignore_write(*, verb: str, kind: str, result: str) -> None:
    """Count nothing."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list; `answered_at` is by the API server's clock, None where it does not say."""

    items: tuple[Mapping[str, Any], ...]
    answered_at: datetime | None = None


class KubeClient:
    """One API server; create it inside the event loop and close it there."""

    def __init__(
        self,
        access: KubeAccess,
        *,
        concurrency: int = 12,
        timeout_seconds: float = 30.0,
        on_write: OnWrite = ignore_write,
        guard: Guard = allow_writes,
        answer_bytes: int | None = None,
    ) -> None:
        self._access = access
        self._transport = KubeTransport(
            access,
            concurrency=concurrency,
            timeout_seconds=timeout_seconds,
            guard=guard,
            answer_bytes=answer_bytes,
        )
        self._on_write = on_write

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
        answer, answered_at = await self._transport.send_timed(
            "GET", path, verb="get", accept=ANYTHING
        )
        if answer is None:
            raise build_missing(path)
        return answer, answered_at

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

    async def apply(
        self,
        kind: ResourceKind,
        manifest: Mapping[str, Any],
        *,
        field_manager: str,
        subresource: str = "",
        force: bool = True,
    ) -> dict[str, Any]:
        """Apply a manifest server-side, taking over fields that other managers own.

        Without `force`, another one's value is a ConflictError. Returns the metadata alone of what
        became of it: the rest comes by a watch. The manifest holds exactly the fields that this
        manager owns, and no `managedFields`; others that it owned before are removed.
        """
        path = _build_manifest_path(kind, manifest, subresource=subresource)
        return await self._write(
            "PATCH",
            path,
            kind=kind,
            verb="patch",
            body=_complete(kind, manifest),
            content_type=APPLY_PATCH,
            accept=METADATA,
            query={"fieldManager": field_manager, "force": "true" if force else "false"},
        )

    async def create(
        self, kind: ResourceKind, manifest: Mapping[str, Any], *, field_manager: str
    ) -> dict[str, Any]:
        """Create an object; raises ConflictError when it exists already."""
        namespace = manifest.get("metadata", {}).get("namespace")
        return await self._write(
            "POST",
            build_path(kind, namespace=namespace),
            kind=kind,
            verb="create",
            body=_complete(kind, manifest),
            query={"fieldManager": field_manager},
        )

    async def create_subresource(
        self,
        kind: ResourceKind,
        body: Mapping[str, Any],
        *,
        name: str,
        namespace: str | None = None,
        subresource: str,
    ) -> dict[str, Any]:
        """Post to a subresource, for example `token` or `eviction`; `body` has its own kind."""
        path = build_path(kind, namespace=namespace, name=name, subresource=subresource)
        return await self._write("POST", path, kind=kind, verb="create", body=body)

    async def patch_json(
        self,
        kind: ResourceKind,
        operations: Sequence[Mapping[str, Any]],
        *,
        name: str,
        namespace: str | None = None,
        field_manager: str,
        subresource: str = "",
    ) -> dict[str, Any]:
        """Apply a JSON patch; raises ConflictError when one of its `test` operations fails."""
        path = build_path(kind, namespace=namespace, name=name, subresource=subresource)
        return await self._write(
            "PATCH",
            path,
            kind=kind,
            verb="patch",
            body=list(operations),
            content_type=JSON_PATCH,
            query={"fieldManager": field_manager},
        )

    async def delete(
        self,
        kind: ResourceKind,
        *,
        name: str,
        namespace: str | None = None,
        uid: str | None = None,
    ) -> None:
        """Delete an object (with `uid`: that very one, else ConflictError) if it is there."""
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        path = build_path(kind, namespace=namespace, name=name)
        await self._send_counted("DELETE", path, kind=kind, verb="delete", body=options)

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
        path = build_path(kind, namespace=namespace)
        query = {"limit": str(PAGE_SIZE), **selectors}
        while True:
            found, answered_at = await self._transport.send_timed(
                "GET", path, verb="list", query=query, accept=accept
            )
            if found is None:
                raise build_missing(path)
            items = tuple(map(drop_managed_fields, found.get("items") or ()))
            yield Page(items=items, answered_at=answered_at)
            following = found.get("metadata", {}).get("continue")
            if not following:
                return
            query["continue"] = following

    async def _write(
        self,
        method: str,
        path: str,
        *,
        kind: ResourceKind,
        verb: str,
        body: Body,
        content_type: str = JSON,
        accept: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = await self._send_counted(
            method,
            path,
            kind=kind,
            verb=verb,
            body=body,
            content_type=content_type,
            accept=accept,
            query=query,
        )
        if answer is None:
            raise build_missing(path)
        return answer

    async def _send_counted(
        self,
        method: str,
        path: str,
        *,
        kind: ResourceKind,
        verb: str,
        body: Body,
        content_type: str = JSON,
        accept: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        try:
            answer = await self._transport.send(
                method,
                path,
                verb=verb,
                body=body,
                content_type=content_type,
                accept=accept,
                query=query,
            )
        except RootTrustError as error:
            self._on_write(verb=verb, kind=str(kind), result=error.reason)
            raise
        self._on_write(verb=verb, kind=str(kind), result="ok")
        return answer


def _complete(kind: ResourceKind, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {**manifest, "apiVersion": kind.api_version, "kind": kind.kind}


def _build_manifest_path(
    kind: ResourceKind, manifest: Mapping[str, Any], *, subresource: str
) -> str:
    metadata = manifest["metadata"]
    return build_path(
        kind, namespace=metadata.get("namespace"), name=metadata["name"], subresource=subresource
    )

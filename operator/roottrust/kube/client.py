"""Talking to one Kubernetes API server about objects of any kind, as plain dicts.

Writes are server-side apply wherever the object is ours. Nothing is retried here: retries belong to
the work queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from pydantic import SecretStr

from roottrust.domain.errors import RootTrustError
from roottrust.http.guard import Guard, allow_writes
from roottrust.kube.access import KubeAccess
from roottrust.kube.errors import build_missing
from roottrust.kube.kind import ResourceKind, build_path
from roottrust.kube.media_type import APPLY_PATCH, JSON, JSON_PATCH, METADATA
from roottrust.kube.reader import KubeReader
from roottrust.kube.transport import Body


class OnWrite(Protocol):
    """Told of every write: `result` is `ok` or the reason why it failed."""

    def __call__(self, *, verb: str, kind: str, result: str) -> None:
        """Count one write."""


def ignore_write(*, verb: str, kind: str, result: str) -> None:
    """Count nothing."""


class KubeClient(KubeReader):
    """Reads and writes; `guard` is asked right before each write is sent."""

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
        super().__init__(
            access,
            concurrency=concurrency,
            timeout_seconds=timeout_seconds,
            guard=guard,
            answer_bytes=answer_bytes,
        )
        self._on_write = on_write
        self._build_alike = partial(
            KubeClient,
            concurrency=concurrency,
            timeout_seconds=timeout_seconds,
            guard=guard,
            answer_bytes=answer_bytes,
        )

    def with_token(self, token: SecretStr) -> KubeClient:
        """Return a client with the same limits of whoever has the token; close it, too."""
        return self._build_alike(self.access.with_token(token))

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
            body=kind.complete(manifest),
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
            body=kind.complete(manifest),
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


def _build_manifest_path(
    kind: ResourceKind, manifest: Mapping[str, Any], *, subresource: str
) -> str:
    metadata = manifest["metadata"]
    return build_path(
        kind, namespace=metadata.get("namespace"), name=metadata["name"], subresource=subresource
    )

"""Writing mirrors into the hub's own namespace, by server-side apply."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from roottrust.domain.errors import ConflictError
from roottrust.domain.mirror_plan import MirrorAction, RemoveMirror, WriteMirror
from roottrust.hub.kinds import MESHES
from roottrust.kube.client import KubeClient
from roottrust.kube.status import apply_status, dump_status
from roottrust.runtime.store import ObjectStore

FIELD_MANAGER = "roottrust-hub-mirror"

logger = logging.getLogger(__name__)

Manifest = Mapping[str, Any]


class MirrorWriter:
    """Writes them; what a write has made of a mirror is known at once, before its watch tells."""

    def __init__(self, client: KubeClient, store: ObjectStore, *, home: str) -> None:
        self._client = client
        self._store = store
        self._home = home

    async def apply(self, action: MirrorAction) -> None:
        """Make what an action asks for; raises RootTrustError."""
        if isinstance(action, RemoveMirror):
            await self._remove(action)
        else:
            await self._write(action)

    async def _remove(self, action: RemoveMirror) -> None:
        place = {"namespace": self._home, "name": action.name, "uid": action.uid}
        with suppress(ConflictError):  # another by that name was made meanwhile
            await self._client.delete(MESHES, **place)
        self._store.drop(MESHES, **place)
        logger.info("the mirror %s is removed", action.name, extra={"mesh": action.name})

    async def _write(self, action: WriteMirror) -> None:
        mirror: dict[str, Any] = dict(action.found or {})
        if action.manifest is not None:
            mirror = {**mirror, **action.manifest, "metadata": await self._apply(action)}
        if action.status is not None:
            status = dump_status(action.status)
            written = await apply_status(
                self._client, MESHES, mirror, status, field_manager=FIELD_MANAGER
            )
            if written is None:
                return  # somebody has removed it
            mirror = {**mirror, "metadata": written["metadata"], "status": status}
        if action.found is None:
            self._store.add(MESHES, mirror)
        else:
            self._store.take_over(MESHES, mirror)

    async def _apply(self, action: WriteMirror) -> Mapping[str, Any]:
        """Apply it, and return its metadata; an object of another by its name is left as it is."""
        manifest = dict(action.manifest or {})
        if action.found is not None:
            uid = action.found["metadata"]["uid"]
            manifest["metadata"] = {**manifest["metadata"], "uid": uid}
        written = await self._client.apply(
            MESHES, manifest, field_manager=FIELD_MANAGER, force=action.found is not None
        )
        if action.found is None:
            logger.info("the mirror %s is made", action.name, extra={"mesh": action.name})
        metadata: Mapping[str, Any] = written["metadata"]
        return metadata

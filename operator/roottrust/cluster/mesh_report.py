"""Telling of a mesh: status, Events on transitions, metrics; each only where it changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from roottrust.api.mesh import MeshStatus
from roottrust.cluster.kinds import MESHES
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.observed_mesh_status import list_mesh_transitions
from roottrust.kube.client import KubeClient
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.metrics import Metrics

FIELD_MANAGER = "roottrust-cluster-status"

Manifest = Mapping[str, Any]


class MeshReporter:
    """Writes what was seen of a mesh back to the API server."""

    def __init__(self, client: KubeClient, *, events: EventQueue, metrics: Metrics) -> None:
        self._client = client
        self._events = events
        self._metrics = metrics

    async def report(self, mesh: Manifest, status: MeshStatus) -> None:
        """Write the status of a Mesh if it differs; raises RootTrustError when it is not taken."""
        name = mesh["metadata"]["name"]
        self._metrics.set_mesh_conditions(
            mesh=name, statuses={each.type: each.status for each in status.conditions}
        )
        before = parse_status(mesh.get("status"))
        if status == before:
            return
        await self._write(mesh, status)
        for each in list_mesh_transitions(before, status):
            await self._events.post_event(
                {"apiVersion": MESHES.api_version, "kind": MESHES.kind, **mesh},
                type_="Normal" if each.is_normal else "Warning",
                reason=each.reason,
                message=each.message,
            )

    def forget(self, mesh: str) -> None:
        """Tell nothing more of a mesh that is gone."""
        self._metrics.forget_mesh(mesh)

    async def _write(self, mesh: Manifest, status: MeshStatus) -> None:
        metadata = {name: mesh["metadata"][name] for name in ("namespace", "name", "uid")}
        body = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        # Without empty lists, server-side apply removes what was in them.
        told = {name: value for name, value in body.items() if value != []}
        with suppress(DependencyMissingError):  # a Mesh that was deleted meanwhile needs none
            await self._client.apply(
                MESHES,
                {"metadata": metadata, "status": told},
                field_manager=FIELD_MANAGER,
                subresource="status",
            )


def parse_status(status: object) -> MeshStatus | None:
    """Return a status, None where there is none or a person broke it."""
    if not status:
        return None
    try:
        return MeshStatus.model_validate(status)
    except ValidationError:
        return None

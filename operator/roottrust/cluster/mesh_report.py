"""Telling of a mesh: status, Events on transitions, metrics; each only where it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.mesh import MeshStatus
from roottrust.cluster.kinds import MESHES
from roottrust.domain.mesh_bounce import MeshRestart
from roottrust.domain.observed_mesh_status import list_mesh_transitions
from roottrust.kube.client import KubeClient
from roottrust.kube.status import apply_status, dump_status
from roottrust.runtime.event_queue import EventQueue, post_transitions
from roottrust.runtime.metrics import Metrics

FIELD_MANAGER = "roottrust-cluster-status"

Manifest = Mapping[str, Any]


class MeshReporter:
    """Writes what was seen of a mesh back to the API server."""

    def __init__(self, client: KubeClient, *, events: EventQueue, metrics: Metrics) -> None:
        self._client = client
        self._events = events
        self._metrics = metrics

    async def report(
        self, mesh: Manifest, status: MeshStatus, *, written: MeshRestart | None = None
    ) -> None:
        """Write the status of a Mesh if it differs; raises RootTrustError when it is not taken.

        `written` is what restarts were just written for.
        """
        name = mesh["metadata"]["name"]
        self._metrics.show_mesh(name, status)
        before = MeshStatus.find(mesh.get("status"))
        if status == before:
            return
        metadata = await apply_status(
            self._client,
            MESHES,
            mesh,
            dump_status(status),
            field_manager=FIELD_MANAGER,
            version=mesh["metadata"]["resourceVersion"],
        )
        if metadata is None:
            return
        await post_transitions(
            self._events.post_event,
            MESHES.complete(mesh),
            list_mesh_transitions(before, status, written=written),
        )

    def forget(self, mesh: str) -> None:
        """Tell nothing more of a mesh that is gone."""
        self._metrics.forget_mesh(mesh)

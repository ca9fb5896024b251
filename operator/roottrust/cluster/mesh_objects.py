"""Reads and writes of the cluster that Mesh objects need, beside what is watched."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from roottrust.cluster.kinds import MESHES
from roottrust.domain.discovery import Istiod, read_istiod
from roottrust.domain.errors import AccessDeniedError, ConflictError
from roottrust.domain.mesh_config import (
    MeshConfig,
    UnreadableMeshConfigError,
    parse_mesh_config,
)
from roottrust.domain.mesh_plan import ApplyMesh, DeleteMesh
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-mesh"


class MeshObjects:
    """One cluster's istiods and their Mesh objects; `home` is the operator's own namespace."""

    def __init__(self, client: KubeClient, *, home: str) -> None:
        self._client = client
        self._home = home

    async def observe_istiod(self, *, namespace: str, name: str) -> Istiod | None:
        """Return the istiod as the API server has it now; raises RootTrustError."""
        found = await self._client.get(DEPLOYMENTS, namespace=namespace, name=name)
        return None if found is None else read_istiod(found)

    async def observe_mesh_config(self, istiod: Istiod) -> MeshConfig | None:
        """Return what istiod was told, None if it cannot be known; raises RootTrustError."""
        name = istiod.mesh_config_name
        try:
            found = await self._client.get(CONFIG_MAPS, namespace=istiod.namespace, name=name)
            return parse_mesh_config(found)
        except AccessDeniedError:
            trouble = f"grant get on it (ClusterRole roottrust-cluster, resourceNames: {name})"
        except UnreadableMeshConfigError as error:
            trouble = str(error)
        logger.warning("ConfigMap %s/%s cannot be read: %s", istiod.namespace, name, trouble)
        return None

    async def apply(self, action: ApplyMesh) -> Mapping[str, Any]:
        """Write a Mesh, and return what became of it (its metadata); raises RootTrustError."""
        manifest = action.manifest
        applied = await self._client.apply(MESHES, manifest, field_manager=FIELD_MANAGER)
        name = manifest["metadata"]["name"]
        logger.info("Mesh %s is written", name, extra={"mesh": name})
        return applied

    async def delete(self, action: DeleteMesh) -> None:
        """Delete a Mesh; raises RootTrustError."""
        with suppress(ConflictError):  # another by that name was made meanwhile
            await self._client.delete(
                MESHES, namespace=self._home, name=action.name, uid=action.uid
            )
        logger.info("Mesh %s is deleted", action.name, extra={"mesh": action.name})

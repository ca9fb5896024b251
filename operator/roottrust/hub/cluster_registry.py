"""Which clusters the hub serves: for now the one that it runs in, under its configured name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import MESHES
from roottrust.hub.published_keys import PublishedKeys
from roottrust.kube.client import KubeClient
from roottrust.kube.token_keys import read_token_keys
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore

DEFAULT_REVISION = "default"


class ClusterRegistry(Protocol):
    """Where the hub looks clusters up."""

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all clusters with the meshes that are found in them now."""

    async def refresh(self) -> bool:
        """Read again what no watch tells; return whether anything has changed."""


class LocalCluster:
    """The cluster that the hub runs in."""

    def __init__(
        self, settings: ClusterSettings, *, client: KubeClient, store: ObjectStore
    ) -> None:
        self._settings = settings
        self._host = settings.kubernetes_host or client.server
        self._ca_pem = _find_ca(settings, client.ca_pem)
        self._store = store
        self._keys = PublishedKeys(settings.name, read=partial(read_token_keys, client))

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return this one cluster."""
        return (
            KnownCluster(
                name=self._settings.name,
                labels=self._settings.labels,
                kubernetes_host=self._host,
                kubernetes_ca_pem=self._ca_pem,
                meshes=self._list_meshes(),
                token_keys=self._keys.keys,
                keys_trouble=self._keys.trouble,
            ),
        )

    async def refresh(self) -> bool:
        """Read the keys of its tokens again."""
        return await self._keys.refresh()

    def _list_meshes(self) -> tuple[KnownMesh, ...]:
        found = (_read_mesh(each, cluster=self._settings.name) for each in self._store.list(MESHES))
        return tuple(mesh for mesh in found if mesh is not None)


def _read_mesh(manifest: Mapping[str, Any], *, cluster: str) -> KnownMesh | None:
    """Return a mesh, None for one that names another cluster or cannot be read."""
    try:
        istio = MeshSpec.model_validate(manifest.get("spec") or {}).istio
    except ValidationError:
        return None
    if istio.installation.cluster != cluster:
        return None
    return KnownMesh(
        name=manifest["metadata"]["name"],
        namespace=istio.installation.namespace,
        pod_labels=istio.installation.pod_labels,
        revision=istio.installation.revision or DEFAULT_REVISION,
        service_account=istio.istiod_service_account,
    )


def _find_ca(settings: ClusterSettings, known: str | None) -> str:
    """Return the CA with which Vault checks the API server: it has no other way to."""
    path = settings.kubernetes_ca_file
    try:
        pem = path.read_text(encoding="utf-8") if path else known
    except (OSError, UnicodeDecodeError) as failure:
        raise DependencyMissingError(
            f"cluster.kubernetesCAFile {path} cannot be read ({type(failure).__name__}).",
            reason=Reason.INVALID_CA_BUNDLE,
        ) from None
    if not pem:
        raise DependencyMissingError(
            "The CA of the API server is not known: set cluster.kubernetesCAFile.",
            reason=Reason.INVALID_CA_BUNDLE,
        )
    return pem

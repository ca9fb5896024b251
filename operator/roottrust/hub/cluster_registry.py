"""Which clusters the hub serves: for now the one that it runs in, under its configured name."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import MESHES
from roottrust.hub.mesh_reader import MeshReader
from roottrust.hub.published_keys import PublishedKeys
from roottrust.kube.client import KubeClient
from roottrust.kube.token_keys import read_token_keys
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore


class ClusterRegistry(Protocol):
    """Where the hub looks clusters up."""

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all clusters with the meshes that are found in them now."""

    async def refresh(self) -> bool:
        """Read again what no watch tells; return whether anything has changed."""


class LocalCluster:
    """The cluster that the hub runs in; `home` is the hub's own namespace."""

    def __init__(
        self, settings: ClusterSettings, *, home: str, client: KubeClient, store: ObjectStore
    ) -> None:
        self._settings = settings
        self._host = settings.kubernetes_host or client.server
        self._ca_pem = _find_ca(settings, client.ca_pem)
        self._store = store
        self._meshes = MeshReader(cluster=settings.name, home=home)
        self._keys = PublishedKeys(settings.name, read=partial(read_token_keys, client))

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return this one cluster."""
        return (
            KnownCluster(
                name=self._settings.name,
                labels=self._settings.labels,
                kubernetes_host=self._host,
                kubernetes_ca_pem=self._ca_pem,
                meshes=self._meshes.read(self._store.list(MESHES)),
                token_keys=self._keys.keys,
                keys_trouble=self._keys.trouble,
            ),
        )

    async def refresh(self) -> bool:
        """Read the keys of its tokens again."""
        return await self._keys.refresh()


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

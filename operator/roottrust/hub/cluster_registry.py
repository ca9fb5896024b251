"""Where the hub looks clusters up, and the cluster that it runs in, under its configured name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_objects import ClusterObjects, Manifest
from roottrust.hub.served_cluster import ClusterPlace, ServedCluster
from roottrust.kube.client import KubeClient
from roottrust.kube.reviewer_token import IssuedToken
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore


class ClusterRegistry(Protocol):
    """Where the hub looks clusters up."""

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return all clusters with the meshes that are found in them now."""

    async def refresh(self) -> bool:
        """Read again what no watch tells; return whether anything has changed."""

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """Have a token made that may review a cluster's tokens; raises RootTrustError."""

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """Return what is known of a cluster's meshes, None for one that is not served."""

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return the IssuedCertificates of all clusters with the mark of a policy of that name."""

    async def list_certificates(self, *, cluster: str = "") -> Mapping[str, tuple[Manifest, ...]]:
        """Return the IssuedCertificates as they are now by cluster, of a registered one or of all.

        Raises RootTrustError.
        """


def build_unregistered(cluster: str) -> DependencyMissingError:
    """Return what a call into a cluster meets that is registered no more."""
    return DependencyMissingError(
        f"The cluster {cluster} is not registered any more.", reason=Reason.NO_CLUSTER_SELECTED
    )


class LocalCluster:
    """The cluster that the hub runs in; `home` is the hub's own namespace."""

    def __init__(
        self, settings: ClusterSettings, *, home: str, client: KubeClient, store: ObjectStore
    ) -> None:
        place = ClusterPlace(
            name=settings.name,
            labels=settings.labels,
            kubernetes_host=settings.kubernetes_host or client.server,
            kubernetes_ca_pem=_find_ca(settings, client.ca_pem),
        )
        self._name = settings.name
        self._served = ServedCluster(place, home=home, client=client, store=store)

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        """Return this one cluster.

        That its Meshes of other clusters do not count is no news: others keep all of theirs here.
        """
        return (replace(self._served.read(), warnings=()),)

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """Return what is known of this one cluster's meshes."""
        return self._served.objects if cluster == self._name else None

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return the IssuedCertificates of this cluster with a mark of that policy."""
        return self._served.find_owned(policy)

    async def list_certificates(self, *, cluster: str = "") -> Mapping[str, tuple[Manifest, ...]]:
        """Return the IssuedCertificates of this cluster, as its API server has them."""
        return {} if cluster else {self._name: await self._served.list_certificates()}

    async def refresh(self) -> bool:
        """Read the keys of its tokens and the account of the reviewer again."""
        return await self._served.refresh()

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """Have a token of this cluster's reviewer made."""
        del cluster  # there is only this one
        return await self._served.issue_reviewer_token()


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

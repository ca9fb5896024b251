"""Which clusters the hub serves: for now the one that it runs in, under its configured name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_objects import ClusterObjects, Manifest, WatchedObjects
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.hub.mesh_reader import MeshReader
from roottrust.hub.published_keys import PublishedKeys
from roottrust.kube.client import KubeClient
from roottrust.kube.reviewer_token import IssuedToken, issue_reviewer_token, read_reviewer_uid
from roottrust.kube.token_keys import read_token_keys
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore

# Two thirds of it are the time between renewals, one third is how long a hub may be away.
REVIEWER_SECONDS = 24 * 3600


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

    async def list_certificates(self) -> tuple[Manifest, ...]:
        """Return the IssuedCertificates of all clusters as they are now; raises RootTrustError."""


class LocalCluster:
    """The cluster that the hub runs in; `home` is the hub's own namespace."""

    def __init__(
        self, settings: ClusterSettings, *, home: str, client: KubeClient, store: ObjectStore
    ) -> None:
        self._settings = settings
        self._home = home
        self._client = client
        self._reviewer_uid: str | None = None
        self._host = settings.kubernetes_host or client.server
        self._ca_pem = _find_ca(settings, client.ca_pem)
        self._store = store
        self._meshes = MeshReader(cluster=settings.name, home=home)
        self._keys = PublishedKeys(settings.name, read=partial(read_token_keys, client))
        self._objects = WatchedObjects(client, store, home=home)

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
                reviewer_uid=self._reviewer_uid,
            ),
        )

    def get_objects(self, cluster: str) -> ClusterObjects | None:
        """Return what is known of this one cluster's meshes."""
        return self._objects if cluster == self._settings.name else None

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return the IssuedCertificates of this cluster with a mark of that policy."""
        found = {}
        for manifest in self._store.list(ISSUED_CERTIFICATES):
            mark = read_owner(manifest)
            if mark is not None and mark.policy.full_name == policy:
                metadata = manifest["metadata"]
                key = CertificateKey(
                    cluster=self._settings.name,
                    namespace=metadata["namespace"],
                    name=metadata["name"],
                )
                found[key] = manifest
        return found

    async def list_certificates(self) -> tuple[Manifest, ...]:
        """Return the IssuedCertificates of this cluster, as its API server has them."""
        try:
            return await self._client.list(ISSUED_CERTIFICATES)
        except DependencyMissingError:
            return ()  # the kind is not known there, so there is none

    async def refresh(self) -> bool:
        """Read the keys of its tokens and the account of the reviewer again."""
        has_changed = await self._keys.refresh()
        before = self._reviewer_uid
        # What is known of the account counts until something else is.
        with suppress(RootTrustError):
            found = await read_reviewer_uid(self._client, namespace=self._home)
            self._reviewer_uid = found or before
        return has_changed or before != self._reviewer_uid

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        """Have a token of this cluster's reviewer made."""
        del cluster  # there is only this one
        issued = await issue_reviewer_token(
            self._client,
            namespace=self._home,
            seconds=REVIEWER_SECONDS,
            now=datetime.now(UTC),
        )
        # Of a token that was just made, the registry must know at least what the token tells.
        self._reviewer_uid = issued.known.account_uid
        keys = self._keys.keys
        if keys is not None and issued.known.key_id not in keys.key_ids:
            await self._keys.refresh()
        return issued


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

"""One cluster that the hub serves: where it is, what its watches brought, and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from roottrust.domain.cluster_registration import Registration
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import read_owner
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.hub.cluster_objects import Manifest, WatchedObjects
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.hub.mesh_reader import MeshReader, ReadMeshes
from roottrust.hub.published_keys import PublishedKeys
from roottrust.kube.client import KubeClient
from roottrust.kube.reviewer_token import IssuedToken, issue_reviewer_token, read_reviewer_uid
from roottrust.kube.token_keys import read_token_keys
from roottrust.runtime.clock import get_now
from roottrust.runtime.store import ObjectStore

# Two thirds of it are the time between renewals, one third is how long a hub may be away.
REVIEWER_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class ClusterPlace:
    """A cluster's name and labels, and where Vault reaches its API server."""

    name: str
    labels: Mapping[str, str]
    kubernetes_host: str
    kubernetes_ca_pem: str = field(repr=False)


def build_place(registration: Registration) -> ClusterPlace:
    """Return the place of a registered cluster."""
    return ClusterPlace(
        name=registration.name,
        labels=registration.labels,
        kubernetes_host=registration.kubernetes_host,
        kubernetes_ca_pem=registration.kubernetes_ca_pem,
    )


class ServedCluster:
    """A cluster with a client and a store of its own; `home` is the hub's namespace there."""

    def __init__(
        self, place: ClusterPlace, *, home: str, client: KubeClient, store: ObjectStore
    ) -> None:
        self.place = place
        self._home = home
        self._client = client
        self._store = store
        self._reviewer_uid: str | None = None
        self._meshes = MeshReader(cluster=place.name, home=home)
        self._known_meshes = (-1, ReadMeshes(objects=(), warnings=()))
        self._keys = PublishedKeys(place.name, read=partial(read_token_keys, client))
        self.objects = WatchedObjects(client, store, home=home)

    def read(self, trouble: ClusterTrouble | None = None) -> KnownCluster:
        """Return what is known of it."""
        found = self._read_meshes()
        return KnownCluster(
            name=self.place.name,
            labels=self.place.labels,
            kubernetes_host=self.place.kubernetes_host,
            kubernetes_ca_pem=self.place.kubernetes_ca_pem,
            meshes=found.meshes,
            token_keys=self._keys.keys,
            keys_trouble=self._keys.trouble,
            reviewer_uid=self._reviewer_uid,
            trouble=trouble,
            warnings=found.warnings,
        )

    def _read_meshes(self) -> ReadMeshes:
        """Return the meshes; each policy asks, and beside them may lie mirrors of a thousand."""
        count = self._store.count_changes(MESHES)
        if self._known_meshes[0] != count:
            self._known_meshes = (count, self._meshes.read(self._store.list(MESHES)))
        return self._known_meshes[1]

    def list_believed(self) -> tuple[tuple[Manifest, KnownMesh], ...]:
        """Return its Mesh objects that are believed; of alike names that in `home` goes first."""
        found = self._read_meshes().objects
        return tuple(sorted(found, key=lambda each: each[0]["metadata"]["namespace"] != self._home))

    def find_owned(self, policy: str) -> Mapping[CertificateKey, Manifest]:
        """Return its IssuedCertificates with a mark of that policy."""
        found = {}
        for manifest in self._store.list(ISSUED_CERTIFICATES):
            mark = read_owner(manifest)
            if mark is not None and mark.policy.full_name == policy:
                metadata = manifest["metadata"]
                key = CertificateKey(
                    cluster=self.place.name,
                    namespace=metadata["namespace"],
                    name=metadata["name"],
                )
                found[key] = manifest
        return found

    async def list_certificates(self) -> tuple[Manifest, ...]:
        """Return its IssuedCertificates as its API server has them; raises RootTrustError."""
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

    async def issue_reviewer_token(self) -> IssuedToken:
        """Have a token of its reviewer made; raises RootTrustError."""
        issued = await issue_reviewer_token(
            self._client,
            namespace=self._home,
            seconds=REVIEWER_SECONDS,
            now=get_now(),
        )
        # Of a token that was just made, the registry must know at least what the token tells.
        self._reviewer_uid = issued.known.account_uid
        keys = self._keys.keys
        if keys is not None and issued.known.key_id not in keys.key_ids:
            await self._keys.refresh()
        return issued

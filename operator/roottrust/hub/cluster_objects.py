"""One cluster's objects that tell of its meshes, and the hub's writes of them.

Whoever asks need not know whether the cluster is the hub's own or another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from roottrust.domain.action import Verb
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.issuance_plan import CertificateAction
from roottrust.hub.kinds import ISSUED_CERTIFICATES
from roottrust.kube.client import KubeClient
from roottrust.runtime.store import ObjectStore

FIELD_MANAGER = "roottrust-hub-issuance"

Manifest = Mapping[str, Any]


class ClusterObjects(Protocol):
    """What watches have brought of one cluster, and writes into it."""

    @property
    def is_complete(self) -> bool:
        """Whether all meshes of the cluster are known: before, none can be said to be gone."""

    def find_certificate(self, namespace: str, name: str) -> Manifest | None:
        """Return an IssuedCertificate, None if it is not there."""

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; raises RootTrustError."""


class WatchedObjects:
    """The objects of a cluster whose watches fill a store."""

    def __init__(self, client: KubeClient, store: ObjectStore) -> None:
        self._client = client
        self._store = store

    @property
    def is_complete(self) -> bool:
        """Whether everything was listed."""
        return self._store.synced

    def find_certificate(self, namespace: str, name: str) -> Manifest | None:
        """Return an IssuedCertificate as it was seen last."""
        return self._store.get(ISSUED_CERTIFICATES, namespace=namespace, name=name)

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; one to an object that is gone, or another by then, is refused."""
        if action.verb is Verb.DELETE:
            await self._delete(action)
            return
        if action.extra:
            await self._take_off(action)
        manifest = {**action.manifest, "metadata": _name_object(action)}
        await self._client.apply(ISSUED_CERTIFICATES, manifest, field_manager=FIELD_MANAGER)

    async def _delete(self, action: CertificateAction) -> None:
        metadata = action.manifest["metadata"]
        await self._client.delete(
            ISSUED_CERTIFICATES,
            namespace=action.key.namespace,
            name=action.key.name,
            uid=metadata.get("uid"),
        )

    async def _take_off(self, action: CertificateAction) -> None:
        """Take off fields that somebody added, which server-side apply would leave to them."""
        metadata = (action.found or {}).get("metadata") or {}
        version = {
            "op": "test",
            "path": "/metadata/resourceVersion",
            "value": str(metadata.get("resourceVersion")),
        }
        removals = [{"op": "remove", "path": pointer} for pointer in action.extra]
        with suppress(DependencyMissingError):  # it is gone, and made anew by what follows
            await self._client.patch_json(
                ISSUED_CERTIFICATES,
                [version, *removals],
                namespace=action.key.namespace,
                name=action.key.name,
                field_manager=FIELD_MANAGER,
            )


def _name_object(action: CertificateAction) -> dict[str, Any]:
    """Return the metadata to apply: of one that is there with its uid, lest another be changed."""
    metadata = dict(action.manifest["metadata"])
    return metadata if action.found is None else {**metadata, "uid": _get_uid(action)}


def _get_uid(action: CertificateAction) -> str:
    found = action.found or {}
    return str((found.get("metadata") or {}).get("uid") or "")

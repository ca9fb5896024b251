"""One cluster's objects that tell of its meshes, and the hub's writes of them.

Whoever asks need not know whether the cluster is the hub's own or another one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec, MeshStatus
from roottrust.domain.action import Verb
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import CertificateAction
from roottrust.domain.mirror_mark import is_mirror
from roottrust.domain.restart_directive import DirectiveAction
from roottrust.domain.target import MeshTarget
from roottrust.hub.kinds import DIRECTIVES, ISSUED_CERTIFICATES, MESHES
from roottrust.kube.client import KubeClient
from roottrust.kube.status import apply_status
from roottrust.runtime.clock import count_seconds
from roottrust.runtime.store import ObjectStore

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-hub-issuance"
RESTARTS_MANAGER = "roottrust-hub-restarts"
REPEAT_SECONDS = 60.0

Manifest = Mapping[str, Any]


class ClusterObjects(Protocol):
    """What watches have brought of one cluster, and writes into it."""

    @property
    def is_complete(self) -> bool:
        """Whether all meshes of the cluster are known: before, none can be said to be gone."""

    def find_certificate(self, namespace: str, name: str) -> Manifest | None:
        """Return an IssuedCertificate, None if it is not there."""

    def list_certificates(self) -> tuple[Manifest, ...]:
        """Return all IssuedCertificates of the cluster, whoever wrote them."""

    def find_report(self, mesh: MeshTarget) -> MeshStatus | None:
        """Return what the cluster reports of a mesh, None if it reports nothing."""

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; raises RootTrustError."""

    async def create(self, action: DirectiveAction) -> None:
        """Have a PodBounceDirective be there; raises RootTrustError."""

    async def report(self, found: Manifest, status: Manifest) -> None:
        """Write the hub's part of the status of an IssuedCertificate; raises RootTrustError."""


class WatchedObjects:
    """The objects of a cluster whose watches fill a store; `home` is where Meshes lie there."""

    def __init__(self, client: KubeClient, store: ObjectStore, *, home: str) -> None:
        self._client = client
        self._store = store
        self._home = home
        self._created: dict[CertificateKey, tuple[str, float]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether everything was listed."""
        return self._store.synced

    def find_certificate(self, namespace: str, name: str) -> Manifest | None:
        """Return an IssuedCertificate as it was seen last."""
        return self._store.get(ISSUED_CERTIFICATES, namespace=namespace, name=name)

    def list_certificates(self) -> tuple[Manifest, ...]:
        """Return all IssuedCertificates as they were seen last."""
        return self._store.list(ISSUED_CERTIFICATES)

    def find_report(self, mesh: MeshTarget) -> MeshStatus | None:
        """Return the status of its Mesh, which may also lie beside istiod.

        Such a one asks for no restart: a directive beside the operator counts everywhere.
        """
        own = self._read_report(mesh, lies_in=self._home)
        if own is not None:
            return own
        report = self._read_report(mesh, lies_in=mesh.namespace)
        return report and report.model_copy(update={"restart_request": None})

    def _read_report(self, mesh: MeshTarget, *, lies_in: str) -> MeshStatus | None:
        found = self._store.get(MESHES, namespace=lies_in, name=mesh.name)
        return _read_report(found or {}, namespace=mesh.namespace)

    async def report(self, found: Manifest, status: Manifest) -> None:
        """Write the hub's part of a status; of an object that is gone nothing needs to be told."""
        await apply_status(
            self._client, ISSUED_CERTIFICATES, found, status, field_manager=FIELD_MANAGER
        )

    async def apply(self, action: CertificateAction) -> None:
        """Make one write; one to an object that is gone, or another by then, is refused."""
        if action.verb is Verb.DELETE:
            await self._delete(action)
            return
        if action.extra:
            await self._take_off(action)
        manifest = {**action.manifest, "metadata": _name_object(action)}
        await self._client.apply(ISSUED_CERTIFICATES, manifest, field_manager=FIELD_MANAGER)

    async def create(self, action: DirectiveAction) -> None:
        """Make a directive where the operator of that cluster looks; one that is there stays.

        A cluster that goes on asking, as where nobody runs, costs one request in a while.
        """
        now, (name, made_at) = count_seconds(), self._created.get(action.key, ("", 0.0))
        if name == action.name and now - made_at < REPEAT_SECONDS:
            return
        metadata = {**action.manifest["metadata"], "namespace": self._home}
        manifest = {**action.manifest, "metadata": metadata}
        with suppress(ConflictError):  # by a hub before this one
            await self._client.create(DIRECTIVES, manifest, field_manager=RESTARTS_MANAGER)
            logger.info("%s", action)
        self._created[action.key] = (action.name, now)

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


def _read_report(found: Manifest, *, namespace: str) -> MeshStatus | None:
    """Return a Mesh's status if it is of the istiod of a namespace; two may be called alike."""
    if is_mirror(found):
        return None  # another cluster's word
    try:
        place = MeshSpec.model_validate(found.get("spec") or {}).istio.installation
        status = MeshStatus.model_validate(found.get("status")) if found.get("status") else None
    except ValidationError:
        return None
    return status if place.namespace == namespace else None


def _name_object(action: CertificateAction) -> dict[str, Any]:
    """Return the metadata to apply: of one that is there with its uid, lest another be changed."""
    metadata = dict(action.manifest["metadata"])
    return metadata if action.found is None else {**metadata, "uid": _get_uid(action)}


def _get_uid(action: CertificateAction) -> str:
    found = action.found or {}
    return str((found.get("metadata") or {}).get("uid") or "")

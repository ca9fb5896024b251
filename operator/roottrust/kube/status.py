"""Writing the status of objects of our kinds, by server-side apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind

# Of RootTrustPolicies, whoever tells it: the hub, or a cluster's own operator where none does.
POLICY_STATUS_MANAGER = "roottrust-hub-policy"

_PLACE = ("namespace", "name", "uid")


def dump_status(status: BaseModel) -> dict[str, Any]:
    """Return a status as it is sent, without empty lists so that server-side apply removes them."""
    dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in dumped.items() if value != []}


async def apply_status(
    client: KubeClient,
    kind: ResourceKind,
    found: Mapping[str, Any],
    status: Mapping[str, Any],
    *,
    field_manager: str,
    version: str | None = None,
) -> Mapping[str, Any] | None:
    """Write our part of an object's status, and return the metadata that it has then.

    None where the object was deleted meanwhile, and needs no status. Where a status is read back as
    what was decided, another object by that name must not get it: Kubernetes compares no uid in the
    status of custom resources, but the resourceVersion, `version`, by which a change that is not
    known yet is a ConflictError. Raises RootTrustError.
    """
    metadata = {name: found["metadata"][name] for name in _PLACE}
    if version is not None:
        metadata["resourceVersion"] = version
    manifest = {"metadata": metadata, "status": dict(status)}
    try:
        return await client.apply(kind, manifest, field_manager=field_manager, subresource="status")
    except DependencyMissingError:
        return None

"""What log lines and Events of the cluster role are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.cluster.kinds import POLICIES
from roottrust.domain.manifest import read_mapping
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.kube.kind import DEPLOYMENTS
from roottrust.runtime.log_subject import describe_policy
from roottrust.runtime.store import ObjectKey


def describe_key(
    key: ObjectKey, *, place: MeshPlace, found: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return the fields of what is reconciled, an istiod by its Mesh; `found` is the object."""
    own = {"cluster": place.cluster}
    if key.kind == POLICIES:
        return {**describe_policy(key), **own}
    if key.kind == DEPLOYMENTS:
        return {**own, "mesh": place.build_name(deployment=key.name, namespace=key.namespace)}
    mesh = str(read_mapping(read_mapping((found or {}).get("spec")).get("meshRef")).get("name", ""))
    return {**own, "mesh": mesh, "object": f"{key.kind.kind} {key.namespace}/{key.name}"}

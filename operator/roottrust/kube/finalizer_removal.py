"""Taking our finalizer off a policy, whoever does it: the hub, its cluster, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind


def has_finalizer(metadata: Mapping[str, Any]) -> bool:
    """Whether an object has ours."""
    return FINALIZER in (metadata.get("finalizers") or ())


async def take_off_finalizer(
    client: KubeClient, kind: ResourceKind, metadata: Mapping[str, Any], *, field_manager: str
) -> None:
    """Take ours off an object that has it, unless that is gone.

    Raises RootTrustError: ConflictError where the list has changed meanwhile.
    """
    with suppress(DependencyMissingError):  # it is gone
        await client.patch_json(
            kind,
            _build_patch(metadata),
            namespace=metadata["namespace"],
            name=metadata["name"],
            field_manager=field_manager,
        )


def _build_patch(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a JSON patch: one that was restored from a backup is not ours to server-side apply."""
    path = f"/metadata/finalizers/{metadata['finalizers'].index(FINALIZER)}"
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
        {"op": "test", "path": path, "value": FINALIZER},
        {"op": "remove", "path": path},
    ]

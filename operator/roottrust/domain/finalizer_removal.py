"""Taking our finalizer off a policy, whoever does it: the hub, its cluster, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.deletion_scope import FINALIZER


def has_finalizer(metadata: Mapping[str, Any]) -> bool:
    """Whether an object has ours."""
    return FINALIZER in (metadata.get("finalizers") or ())


def build_finalizer_removal(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON patch, which fails where the list has changed meanwhile.

    A JSON patch, since one that was restored from a backup is not ours to server-side apply.
    """
    path = f"/metadata/finalizers/{metadata['finalizers'].index(FINALIZER)}"
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
        {"op": "test", "path": path, "value": FINALIZER},
        {"op": "remove", "path": path},
    ]

"""Telling changes that ask for work from the echo of our own status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.hub.told_status import ToldStatus

_ESSENCE = ("uid", "generation", "deletionTimestamp", "finalizers", "annotations", "labels")

Manifest = Mapping[str, Any]


def is_own_echo(before: Manifest | None, after: Manifest, *, told: ToldStatus | None) -> bool:
    """Whether only the status changed, and to what we told; a status changed by hand is no echo."""
    if before is None or told is None or _get_essence(before) != _get_essence(after):
        return False
    return told.is_same(after.get("status"))


def _get_essence(manifest: Manifest) -> tuple[Any, ...]:
    metadata = manifest["metadata"]
    return tuple(metadata.get(name) for name in _ESSENCE)

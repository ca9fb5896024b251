"""Policies of files in the place of those that the cluster has, as if they had been applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from roottrust.domain.manifest_change import merge_manifest
from roottrust.domain.preview import KNOWN_AFTER_APPLY
from roottrust.hub.kinds import POLICIES
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key

Manifest = Mapping[str, Any]


def put_given(
    store: ObjectStore, given: Iterable[Manifest], *, now: datetime
) -> dict[ObjectKey, Manifest | None]:
    """Put manifests into the store; return what was there before, None where nothing was."""
    before: dict[ObjectKey, Manifest | None] = {}
    for manifest in given:
        key = build_key(POLICIES, manifest)
        before[key] = store.get_by_key(key)
        store.apply_event(POLICIES, "MODIFIED", _apply(before[key], manifest, now=now))
    return before


def _apply(before: Manifest | None, manifest: Manifest, *, now: datetime) -> dict[str, Any]:
    """Return the object as the API server would have it; without a version, it is the newest."""
    after = merge_manifest(before, manifest)
    metadata = dict(after["metadata"])
    if before is None:
        after.pop("status", None)
        metadata |= {
            "uid": KNOWN_AFTER_APPLY,
            "creationTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "generation": 1,
        }
    elif before.get("spec") != after.get("spec"):
        metadata["generation"] = int(metadata.get("generation") or 0) + 1
    metadata.pop("resourceVersion", None)
    return {**after, "metadata": metadata}

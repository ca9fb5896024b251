"""Telling changes that ask for work from the echo of our own writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.hub.kinds import ISSUED_CERTIFICATES, POLICIES
from roottrust.hub.told_status import ToldStatus
from roottrust.kube.kind import ResourceKind

_ESSENCE = ("uid", "generation", "deletionTimestamp", "finalizers", "annotations", "labels")

Manifest = Mapping[str, Any]


def is_of_interest(
    kind: ResourceKind, before: Manifest | None, after: Manifest, *, told: ToldStatus | None
) -> bool:
    """Whether an object that was seen before is another one now, for what we do."""
    if kind == POLICIES:
        return not is_own_echo(before, after, told=told)
    if kind == ISSUED_CERTIFICATES:
        return before is None or _get_reported(before) != _get_reported(after)
    return True


def is_own_echo(before: Manifest | None, after: Manifest, *, told: ToldStatus | None) -> bool:
    """Whether only the status changed, and to what we told; a status changed by hand is no echo."""
    if before is None or told is None or _get_essence(before) != _get_essence(after):
        return False
    return told.is_same(after.get("status"))


def take_over_status(manifest: Manifest, written: Manifest, status: Manifest) -> Manifest | None:
    """Return an object as our write of its status has left it, by the metadata that it answered.

    None where more has changed meanwhile: its watch brings that, and must not find it known.
    """
    found = _take_over(manifest, manifest["metadata"], written)
    return None if found is None else {**found, "status": status}


def take_over_finalizers(manifest: Manifest, written: Manifest) -> Manifest | None:
    """Return an object as our write of its finalizers has left it; None as for a status."""
    finalizers = (written.get("metadata") or {}).get("finalizers")
    return _take_over(manifest, {**manifest["metadata"], "finalizers": finalizers}, written)


def _take_over(manifest: Manifest, wanted: Manifest, written: Manifest) -> Manifest | None:
    metadata = written.get("metadata")
    if not isinstance(metadata, dict) or not _is_same_place(wanted, metadata):
        return None  # another cluster may answer anything
    if _get_essence({"metadata": wanted}) != _get_essence({"metadata": metadata}):
        return None
    return {**manifest, "metadata": metadata}


def _get_essence(manifest: Manifest) -> tuple[Any, ...]:
    metadata = manifest["metadata"]
    return tuple(metadata.get(name) for name in _ESSENCE)


def _is_same_place(metadata: Manifest, other: Manifest) -> bool:
    return all(metadata.get(name) == other.get(name) for name in ("namespace", "name"))


def _get_reported(certificate: Manifest) -> tuple[Any, ...]:
    """Return an IssuedCertificate without what the hub itself tells on it."""
    instances = (certificate.get("status") or {}).get("instances")
    return (*_get_essence(certificate), instances)

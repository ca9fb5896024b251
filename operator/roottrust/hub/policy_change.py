"""Telling changes that ask for work from the echo of our own status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.hub.policy_object import read_policy

_ESSENCE = ("uid", "generation", "deletionTimestamp", "annotations", "labels")

Manifest = Mapping[str, Any]


def is_own_echo(
    before: Manifest | None,
    after: Manifest,
    *,
    told: RootTrustPolicyStatus | None,
    written: Manifest | None = None,
) -> bool:
    """Whether only the status changed, and to what we told; a status changed by hand is no echo.

    `written` is how it was told: mostly it comes back as it went, and need not be read.
    """
    if before is None or told is None or _get_essence(before) != _get_essence(after):
        return False
    return after.get("status") == written or read_policy(after).status == told


def _get_essence(manifest: Manifest) -> tuple[Any, ...]:
    metadata = manifest["metadata"]
    return tuple(metadata.get(name) for name in _ESSENCE)

"""The roots that a policy is known to use: one at rest, two while one takes the other's place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus

# What a rotation keeps of roots: that in use, or both on the way.
_ROTATED = ("root", "previous", "next")


def list_known_roots(status: RootTrustPolicyStatus) -> frozenset[str]:
    """Return the fingerprints of all roots that IssuedCertificates may pin by now."""
    references = [getattr(status.rotation, name) for name in _ROTATED] if status.rotation else []
    return frozenset(each.fingerprint for each in (status.root, *references) if each is not None)


def read_known_roots(status: Mapping[str, Any]) -> frozenset[str]:
    """Return the same of a status as the API server has it, which is read at each change of it."""
    rotation = status.get("rotation") or {}
    told = (status.get("root"), *(rotation.get(name) for name in _ROTATED))
    return frozenset(str(each["fingerprint"]) for each in told if each and each.get("fingerprint"))

"""The roots that a policy is known to use: one at rest, two while one takes the other's place."""

from __future__ import annotations

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus


def list_known_roots(status: RootTrustPolicyStatus) -> frozenset[str]:
    """Return the fingerprints of all roots that IssuedCertificates may pin by now."""
    rotation = status.rotation
    references = (rotation.root, rotation.previous, rotation.next) if rotation else ()
    found = [each.fingerprint for each in (status.root, *references) if each is not None]
    return frozenset(found)

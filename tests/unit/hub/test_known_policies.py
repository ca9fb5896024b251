from __future__ import annotations

from roottrust.hub.kinds import MESHES, POLICIES
from roottrust.hub.known_policies import KnownPolicies
from roottrust.runtime.store import ObjectStore
from tests.unit.hub.fakes import build_manifest


def test_a_policy_is_known_from_when_it_is_seen_until_it_is_gone() -> None:
    store = ObjectStore([POLICIES, MESHES])
    known = KnownPolicies(store)
    assert "gloo-mesh/guide" not in known
    store.apply_event(POLICIES, "ADDED", build_manifest())
    assert "gloo-mesh/guide" in known
    assert "other/guide" not in known
    store.apply_event(POLICIES, "DELETED", build_manifest(metadata={"resourceVersion": "9"}))
    assert "gloo-mesh/guide" not in known

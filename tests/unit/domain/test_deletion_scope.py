from __future__ import annotations

import pytest

from roottrust.api.root_trust_policy_status import ManagedObject, RootStatus, RootTrustPolicyStatus
from roottrust.domain.deletion_scope import (
    list_asked_objects,
    list_made_objects,
    list_root_mounts,
    wants_deletion,
)
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import build_cluster, build_target


def build_managed(path: str, kind: str, origin: str = "Created") -> ManagedObject:
    return ManagedObject.model_validate({"path": path, "kind": kind, "origin": origin})


def build_status(*managed: ManagedObject, mount: str | None = None) -> RootTrustPolicyStatus:
    root = RootStatus(subject="x", fingerprint="a" * 64, not_after=NOW, mount=mount)
    return RootTrustPolicyStatus(managed_objects=managed, root=root)


@pytest.mark.parametrize(
    ("management", "wanted"),
    [
        ({}, False),
        ({"deletionPolicy": "Delete"}, True),
        ({"deletionPolicy": "Delete", "mode": "Observe"}, False),
        ({"deletionPolicy": "Retain"}, False),
        ([], False),
    ],
)
def test_what_was_made_goes_only_where_delete_and_manage_are_written(
    management: object, wanted: bool
) -> None:
    assert wants_deletion({"management": management}) is wanted
    assert not wants_deletion(None)


def test_only_what_status_calls_created_was_made() -> None:
    status = build_status(
        build_managed("auth/a", "AuthMount"),
        build_managed("auth/b", "AuthMount", "Adopted"),
        build_managed("x", "SomethingOfALaterVersion"),
    )
    assert [each.path for each in list_made_objects(status)] == ["auth/a"]
    assert list_made_objects(None) == ()


def test_what_a_policy_asks_for_is_told_in_the_order_in_which_it_is_made() -> None:
    auth, role = "auth/kube-a-mesh-auth", "gen-int-ca-istio-a-mesh"
    found = list_asked_objects(build_target(build_cluster("a")))
    paths = [each.path for each in found]
    assert paths == ["pki_int_a", auth, f"sys/policies/acl/{role}", f"{auth}/role/{role}"]
    without = list_asked_objects(build_target(build_cluster("a", intermediate_mount=None)))
    assert [each.path for each in without] == paths[1:]


def test_mounts_of_roots_are_those_that_were_ever_told() -> None:
    status = build_status(build_managed("pki_made/issuer/roottrust-g1", "Root"), mount="pki_used")
    assert list_root_mounts("pki/root/sign-intermediate", status) == {"pki", "pki_used", "pki_made"}
    assert list_root_mounts("SYS/root/sign-intermediate", build_status()) == frozenset()
    assert list_root_mounts("pki/root/sign-intermediate", None) == {"pki"}

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roottrust.domain.bounds import Grant, RemoteGrant, Request, allows_namespace, find_refusal

GUIDE = Request(
    policy_namespace="gloo-mesh",
    cluster="cluster1",
    root_mount="pki",
    auth_mount="kube-cluster1-mesh-auth",
    intermediate_mount="pki_int_cluster1",
    role="gen-int-ca-istio-cluster1-mesh",
)
DEFAULT = Grant(policy_namespaces=("gloo-mesh",))
EVERYTHING = Grant(
    policy_namespaces=("*",),
    clusters=("*",),
    root_mounts=("*",),
    auth_mounts=("*",),
    intermediate_mounts=("*",),
    roles=("*",),
)
LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


def find_message(*grants: Grant, **change: Any) -> str:
    message = find_refusal(grants, replace(GUIDE, **change))
    assert message is not None
    assert "\n" not in message
    return message


def is_allowed(grant: Grant, **change: Any) -> bool:
    return find_refusal((grant,), replace(GUIDE, **change)) is None


def test_manifest_of_the_guide_is_allowed_by_default() -> None:
    assert find_refusal((DEFAULT,), GUIDE) is None
    assert is_allowed(DEFAULT, intermediate_mount=None)


@pytest.mark.parametrize(
    ("change", "noun", "allowed", "key"),
    [
        ({"policy_namespace": "x"}, "Namespace 'x'", "gloo-mesh", "policyNamespaces"),
        ({"vault_namespace": "x"}, "Vault namespace 'x'", "the root namespace", "vaultNamespaces"),
        ({"root_mount": "other"}, "Root mount 'other'", "pki", "rootMounts"),
        ({"auth_mount": "kubernetes"}, "Auth mount", "kube-${cluster}-mesh-auth", "authMounts"),
        ({"intermediate_mount": "kv"}, "Intermediate", "pki_int_${cluster}", "intermediateMounts"),
        ({"role": "admins"}, "Role 'admins'", "gen-int-ca-istio-${cluster}-mesh", "roles"),
    ],
)
def test_refusal_names_what_and_where(
    change: dict[str, Any], noun: str, allowed: str, key: str
) -> None:
    message = find_message(DEFAULT, **change)
    assert message.startswith(noun)
    assert f"allows {allowed}." in message
    assert f"vaultServers[].grants[].{key} " in message


def test_cluster_that_is_not_granted() -> None:
    grant = DEFAULT.model_copy(update={"clusters": ("prod-*",)})
    assert "Cluster 'cluster1'" in find_message(grant)


@pytest.mark.parametrize(
    "change",
    [
        {"auth_mount": "kube-b-mesh-auth"},
        {"intermediate_mount": "pki_int_b"},
        {"role": "gen-int-ca-istio-b-mesh"},
        {"role": "gen-int-ca-istio-cluster1-mesh-x"},
        {"role": "gen-int-ca-istio-cluster1-b-mesh"},
        {"role": "gen-int-ca-istio--mesh"},
        {"role": "GEN-INT-CA-ISTIO-CLUSTER1-MESH"},
    ],
)
def test_names_of_another_cluster_are_refused_by_default(change: dict[str, Any]) -> None:
    find_message(DEFAULT, **change)


@given(LABELS, LABELS)
def test_default_never_serves_one_cluster_with_the_names_of_another(own: str, other: str) -> None:
    for change in (
        {"auth_mount": f"kube-{other}-mesh-auth"},
        {"intermediate_mount": f"pki_int_{other}"},
        {"role": f"gen-int-ca-istio-{other}-mesh"},
    ):
        request = replace(
            GUIDE,
            cluster=own,
            auth_mount=f"kube-{own}-mesh-auth",
            intermediate_mount=None,
            role=f"gen-int-ca-istio-{own}-mesh",
        )
        assert (find_refusal((DEFAULT,), replace(request, **change)) is None) == (own == other)


def test_one_grant_must_allow_it_all() -> None:
    a = DEFAULT.model_copy(update={"roles": ("a",)})
    b = DEFAULT.model_copy(update={"policy_namespaces": ("other",), "roles": ("b",)})
    assert "Role 'b'" in find_message(a, b, role="b")
    assert find_refusal((a, b), replace(GUIDE, role="b", policy_namespace="other")) is None


def test_grants_of_other_namespaces_are_not_told() -> None:
    secret = Grant(policy_namespaces=("other",), roles=("their-role",))
    assert "their-role" not in find_message(DEFAULT, secret, role="x")


def test_no_grants() -> None:
    assert "allows none." in find_message()
    assert "allows none." in find_message(DEFAULT.model_copy(update={"root_mounts": ()}))


@pytest.mark.parametrize(
    ("pattern", "role", "allowed"),
    [
        ("gen-int-ca-istio-*", "gen-int-ca-istio-b-mesh", True),
        ("gen-int-ca-istio-*", "gen-int-ca-istio-", True),
        ("gen-int-ca-istio-*", "xgen-int-ca-istio-b", False),
        ("gen-int-ca-istio-*", "gen-int-ca-istio", False),
        ("a.b", "axb", False),
        ("a.*", "axb", False),
        ("*", "a/b", False),
        ("*/*", "a/b", True),
        ("a*c", "abbc", True),
        ("a*c", "abcd", False),
        ("a", "a\n", False),
        ("A", "a", False),
        ("${cluster}", "cluster1", True),
        ("${cluster}", "cluster10", False),
        ("${cluster}_*", "cluster1_x", True),
        ("*", "*", True),
        ("a", "*", False),
        ("a", ".", False),
    ],
)
def test_patterns(pattern: str, role: str, allowed: bool) -> None:
    grant = DEFAULT.model_copy(update={"roles": (pattern,)})
    assert is_allowed(grant, role=role) == allowed


@pytest.mark.parametrize("cluster", ["*", ".", ".*", "a|b", "${cluster}", "\\"])
def test_name_of_a_cluster_is_never_a_pattern(cluster: str) -> None:
    grant = DEFAULT.model_copy(update={"roles": ("x-${cluster}",)})
    common = {
        "cluster": cluster,
        "auth_mount": f"kube-{cluster}-mesh-auth",
        "intermediate_mount": None,
    }
    assert is_allowed(grant, role=f"x-{cluster}", **common)
    assert not is_allowed(grant, role="x-ab", **common)


@pytest.mark.parametrize("role", ["root", "default", "Root", "DEFAULT"])
def test_reserved_roles(role: str) -> None:
    assert "reserved" in find_message(EVERYTHING, role=role)


@pytest.mark.parametrize("mount", ["token", "Token"])
def test_reserved_auth_mounts(mount: str) -> None:
    assert "reserved" in find_message(EVERYTHING, auth_mount=mount)


def test_what_the_operator_uses_is_reserved() -> None:
    roles, mounts = frozenset({"Roottrust-hub"}), frozenset({"kubernetes"})
    own = replace(GUIDE, role="roottrust-hub")
    assert find_refusal((EVERYTHING,), own) is None
    assert "reserved" in str(find_refusal((EVERYTHING,), own, reserved_roles=roles))
    login = replace(GUIDE, auth_mount="kubernetes")
    assert "reserved" in str(find_refusal((EVERYTHING,), login, reserved_auth_mounts=mounts))


def test_names_of_the_login_are_reserved_where_they_mean_it() -> None:
    """A policy of that name below may reach the operator's token by a group; a mount cannot."""
    everything = EVERYTHING.model_copy(update={"vault_namespaces": ("*", "ops")})
    reserved = {
        "reserved_roles": frozenset({"own"}),
        "reserved_auth_mounts": frozenset({"approle"}),
    }
    below = replace(GUIDE, server_namespace="ops", vault_namespace="team")
    there = replace(GUIDE, server_namespace="ops", vault_namespace="ops")
    for request in (below, there):
        role = replace(request, role="own")
        assert "reserved" in str(find_refusal((everything,), role, **reserved))
        token = replace(request, auth_mount="token")
        assert "reserved" in str(find_refusal((everything,), token, **reserved))
    mount = replace(there, auth_mount="approle")
    assert "reserved" in str(find_refusal((everything,), mount, **reserved))
    mount = replace(below, auth_mount="approle")
    assert find_refusal((everything,), mount, **reserved) is None


def test_one_grant_has_to_allow_namespace_and_mount() -> None:
    grants = (
        DEFAULT.model_copy(update={"vault_namespaces": ("team-a",)}),
        DEFAULT.model_copy(update={"vault_namespaces": ("team-b",), "root_mounts": ("pki_b",)}),
    )
    granted = replace(GUIDE, vault_namespace="team-b", root_mount="pki_b")
    assert find_refusal(grants, granted) is None
    assert "pki_b" in find_message(*grants, vault_namespace="team-b")
    assert "team-a, team-b" in find_message(*grants)


@pytest.mark.parametrize("kind", [Grant, RemoteGrant])
def test_slashes_at_the_ends_of_a_vault_namespace_mean_nothing(
    kind: type[Grant | RemoteGrant],
) -> None:
    grant = kind(policy_namespaces=("gloo-mesh",), vault_namespaces=("/a/b/",))
    assert grant.vault_namespaces == ("a/b",)


def test_root_mount_cannot_hold_intermediates() -> None:
    assert "cannot hold intermediates" in find_message(EVERYTHING, intermediate_mount="pki")


@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        ("roles", ""),
        ("roles", "a b"),
        ("roles", "${mesh}"),
        ("roles", "$cluster"),
        ("auth_mounts", "[ab]"),
        ("auth_mounts", "ä"),
        ("root_mounts", "a\n"),
        ("clusters", "${cluster}"),
        ("policy_namespaces", "${cluster}"),
        ("vault_namespaces", "${cluster}"),
        ("vault_namespaces", "/"),
    ],
)
def test_pattern_that_can_match_nothing_is_refused(field: str, pattern: str) -> None:
    with pytest.raises(ValidationError, match="a pattern has"):
        Grant(**{"policy_namespaces": ("x",), field: (pattern,)})


@pytest.mark.parametrize(
    ("patterns", "namespace", "allowed"),
    [
        ((), "own", True),
        ((), "", False),
        ((), "own/team", False),
        (("own/*",), "own/team", True),
        (("own/*",), "own", False),
    ],
)
def test_a_namespace_of_vault_is_allowed_by_one_grant(
    patterns: tuple[str, ...], namespace: str, *, allowed: bool
) -> None:
    grant = Grant(policy_namespaces=("a",), vault_namespaces=patterns)
    assert allows_namespace((grant,), namespace, own="own") is allowed
    assert not allows_namespace((), namespace, own="own")

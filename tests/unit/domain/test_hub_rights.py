"""The hub's own Vault policies: for what is granted, and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.bounds import Grant
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.hub_rights.document import name_policy, render_hcl, render_terraform
from roottrust.domain.hub_rights.login import HubLogin, LoginMethod, render_login
from roottrust.domain.hub_rights.rules import Purpose
from roottrust.domain.hub_rights.scope import read_scope

STANZA = re.compile(r'^path "([^"]+)" \{\n  capabilities = \[([^\]]*)\]\n\}$', re.MULTILINE)
WRITES = {"create", "update", "patch", "delete", "sudo"}


def build_grant(**changes: Any) -> Grant:
    return Grant(policy_namespaces=("gloo-mesh",), **changes)


def read_rules(text: str) -> dict[str, set[str]]:
    """Return capabilities by path; no path is written twice."""
    found = STANZA.findall(text)
    paths = [path for path, _ in found]
    assert len(paths) == len(set(paths)), "the same path twice"
    assert len(re.findall("^path ", text, re.MULTILINE)) == len(found)
    return {path: set(re.findall(r'"(\w+)"', names)) for path, names in found}


def render(
    purpose: Purpose = Purpose.MANAGE,
    grants: Iterable[Grant] = (build_grant(),),
    **options: Any,
) -> dict[str, set[str]]:
    return read_rules(render_hcl(purpose, read_scope(grants, **options)))


def allows(rules: dict[str, set[str]], path: str, capability: str) -> bool:
    """Judge a path as Vault does, as far as these rules need: `+` is a segment, `*` ends a path."""

    def matches(pattern: str) -> bool:
        fixed = re.escape(pattern.removesuffix("*")).replace(r"\+", "[^/]+")
        return bool(re.fullmatch(fixed + (".*" if pattern.endswith("*") else ""), path))

    return any(matches(each) and capability in rules[each] for each in rules)


def test_for_any_cluster_a_prefix_is_granted_and_for_named_ones_their_names() -> None:
    whole, named = render(), render(clusters=["c1", "c2"])
    for path in ("sys/auth/kube-c1-mesh-auth", "sys/auth/kube-c2-mesh-auth/tune"):
        assert allows(whole, path, "sudo")
        assert allows(named, path, "sudo")
    for path in (
        "sys/auth/kube-other-mesh-auth",
        "auth/kube-other-mesh-auth/config",
        "sys/policies/acl/gen-int-ca-istio-other-mesh",
        "sys/mounts/pki_int_other",
    ):
        assert allows(whole, path, "update")
        assert not allows(named, path, "update")
    assert not any(each.endswith("*") for each in named)


CALLS = [
    ("sys/mounts", "read"),
    ("pki/issuer/x", "patch"),
    ("pki/root/generate/internal", "update"),
    ("sys/mounts/pki_int_c1", "create"),
    ("sys/mounts/pki_int_c1/tune", "update"),
    ("pki_int_c1/keys", "list"),
    ("pki_int_c1/issuer/x", "read"),
    ("pki_int_c1/key/x", "delete"),
    ("auth/kube-c1-mesh-auth/config", "update"),
    ("auth/kube-c1-mesh-auth/role", "list"),
    ("auth/kube-c1-mesh-auth/role/gen-int-ca-istio-c1-mesh", "create"),
    ("sys/mounts/auth/kube-c1-mesh-auth/tune", "update"),
    ("sys/policies/acl/gen-int-ca-istio-c1-mesh", "update"),
    ("auth/token/revoke-self", "update"),
]


@pytest.mark.parametrize("clusters", [(), ("c1",)])
@pytest.mark.parametrize(("path", "capability"), CALLS)
def test_what_the_hub_calls_is_granted(
    clusters: tuple[str, ...], path: str, capability: str
) -> None:
    assert allows(render(clusters=clusters), path, capability)


DENIED = [
    ("sys/policies/acl/admins", "update"),
    ("sys/auth/kubernetes", "update"),
    ("auth/kubernetes/role/x", "update"),
    ("pki/root/sign-intermediate", "update"),
    ("pki/issuer/x/sign-intermediate", "update"),
    ("pki/issuer/x/revoke", "update"),
    ("pki/revoke", "update"),
    ("sys/mounts/pki", "delete"),
    ("secret/data/x", "read"),
    ("team-a/sys/mounts", "read"),
]


@pytest.mark.parametrize("purpose", [Purpose.MANAGE, Purpose.DELETE, Purpose.PLAN])
@pytest.mark.parametrize(("path", "capability"), DENIED)
def test_nothing_else_is(purpose: Purpose, path: str, capability: str) -> None:
    assert not allows(render(purpose), path, capability)


def test_a_plan_writes_nothing_and_revoking_is_a_policy_of_its_own() -> None:
    assert not any(WRITES & each for each in render(Purpose.PLAN).values())
    assert allows(render(Purpose.REVOKE), "pki/issuer/x/revoke", "update")
    assert allows(render(Purpose.REVOKE), "pki/revoke", "update")
    assert not allows(render(Purpose.REVOKE), "pki_int_c1/revoke", "update")
    deleting = render(Purpose.DELETE)
    assert allows(deleting, "sys/mounts/pki_int_c1", "delete")
    assert not allows(deleting, "sys/mounts/pki", "delete")
    assert allows(render(Purpose.DELETE, clusters=["c1"]), "pki_int_c1/issuers", "list")
    assert not allows(render(Purpose.DELETE, clusters=["c1"]), "pki_int_c2/issuers", "list")


def test_several_grants_are_granted_together_and_names_within_others_once() -> None:
    grants = [
        build_grant(root_mounts=("pki", "pki_b")),
        build_grant(root_mounts=("pki",), roles=("gen-int-ca-istio-team-*", "other")),
    ]
    rules = render(grants=grants)
    assert {"pki/issuer/+", "pki_b/issuer/+"} <= rules.keys()
    assert [each for each in rules if each.startswith("sys/policies")] == [
        "sys/policies/acl/gen-int-ca-istio-*",
        "sys/policies/acl/other",
    ]


def test_namespaces_below_the_login_have_their_paths_before() -> None:
    grant = build_grant(vault_namespaces=("ops/team-a", "ops/team-*/x", "ops"))
    rules = render(grants=[grant], namespace="ops")
    assert {"team-a/sys/mounts", "+/x/sys/mounts", "sys/mounts"} <= rules.keys()
    assert "auth/token/lookup-self" in rules
    assert "team-a/auth/token/lookup-self" not in rules
    alone = render(grants=[build_grant(vault_namespaces=("team-a",))])
    assert "sys/mounts" not in alone


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"auth_mounts": ("${cluster}-auth",)}, "authMounts grants ${cluster}-auth, which begins"),
        ({"roles": ("*",)}, "Name the clusters (--cluster)"),
        ({"root_mounts": ("pki_*",)}, "rootMounts grants pki_*: a Vault policy cannot have"),
    ],
)
def test_what_a_vault_policy_cannot_say_is_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidSpecError, match=re.escape(words)):
        render(grants=[build_grant(**changes)])


def test_a_name_that_begins_with_the_cluster_can_be_said_of_named_ones() -> None:
    rules = render(grants=[build_grant(auth_mounts=("${cluster}-auth",))], clusters=["c1"])
    assert "auth/c1-auth/config" in rules


@given(st.sampled_from(Purpose), st.lists(st.sampled_from(["c1", "c2", "edge-3"]), unique=True))
def test_named_clusters_never_have_more_than_any(purpose: Purpose, clusters: list[str]) -> None:
    whole, named = render(purpose), render(purpose, clusters=clusters)
    for path, capabilities in named.items():
        for each in capabilities:
            assert allows(whole, path.replace("+", "x"), each)


def test_the_policy_of_terraform_is_the_same_text() -> None:
    scope = read_scope([build_grant()])
    text = render_terraform(Purpose.PLAN, scope, namespace="ops")
    assert text.startswith('resource "vault_policy" "roottrust_plan" {\n  namespace = "ops"\n')
    inner = text.partition("<<-EOT\n")[2].partition("  EOT\n")[0]
    unindented = "".join(line.removeprefix("    ") for line in inner.splitlines(keepends=True))
    assert unindented == render_hcl(Purpose.PLAN, scope)
    assert "namespace" not in render_terraform(Purpose.PLAN, scope)


def test_comments_fit_a_line_and_the_policies_have_their_names() -> None:
    for purpose in Purpose:
        text = render_hcl(purpose, read_scope([build_grant()]))
        assert max(map(len, text.splitlines())) <= 100
        assert name_policy(purpose) in " ".join(text.replace("\n#", "").split())


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (LoginMethod.KUBERNETES, "bound_service_account_namespaces=ops"),
        (LoginMethod.APP_ROLE, "vault write auth/m/role/me token_policies=a,b "),
        (LoginMethod.USERPASS, "vault write auth/m/users/me password=@password token_policies=a,b"),
        (LoginMethod.TOKEN_FILE, "vault token create -policy=a -policy=b -no-default-policy"),
    ],
)
def test_each_login_is_set_up_with_these_policies_alone(method: LoginMethod, words: str) -> None:
    login = HubLogin(method=method, mount="m", name="me", file="/f", operator_namespace="ops")
    text = render_login(login, ["a", "b"], namespace="team")
    assert text.startswith("export VAULT_NAMESPACE=team\n")
    assert words in text
    assert "default" not in text.replace("no_default_policy", "").replace("no-default-policy", "")

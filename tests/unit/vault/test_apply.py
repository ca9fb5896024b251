from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from roottrust.domain.action import Action, Verb
from roottrust.domain.desired import (
    build_auth_config,
    build_auth_mount,
    build_default_issuer,
    build_intermediate_mount,
    build_issuer_revocation,
    build_issuer_usage,
    build_key_name,
    build_policy,
    build_role,
    build_root,
    build_root_import,
    build_root_mount,
    build_root_name,
)
from roottrust.domain.plan import plan_policy
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget, VaultTarget
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.vault.apply import apply_action, build_deletion_path, build_request
from roottrust.vault.client import VaultClient
from roottrust.vault.observe import VaultObserver
from tests.unit.domain.samples import (
    BY_SIGNATURE,
    EMPTY_FACTS,
    GENERATED_ROOT,
    IMPORTED_ROOT,
    ISSUER_ID,
    OURS,
    TOKEN_KEYS,
    build_cluster,
    build_imported,
    build_snapshot,
    build_target,
)
from tests.unit.vault.fake_vault import FakeVault

CLUSTER = build_cluster()
BY_KEYS = replace(CLUSTER, login_check=BY_SIGNATURE)
TARGET = build_target(CLUSTER, root=GENERATED_ROOT)
AUTH = "auth/kube-cluster1-mesh-auth"
ROLE = "gen-int-ca-istio-cluster1-mesh"
POLICY = build_policy(CLUSTER, target=TARGET, issuer_id=ISSUER_ID, ttl_days=365, mark=OURS)


def request(wanted: VaultObject, verb: Verb = Verb.CREATE) -> tuple[str, dict[str, Any]]:
    return build_request(Action(verb=verb, wanted=wanted))


def test_a_secrets_mount_is_enabled_with_its_limit() -> None:
    assert request(build_root_mount(GENERATED_ROOT, OURS)) == (
        "sys/mounts/pki",
        {
            "type": "pki",
            "description": OURS.render(),
            "config": {"max_lease_ttl": "315360000s"},
        },
    )


def test_a_secrets_mount_is_tuned_without_its_type() -> None:
    wanted = build_intermediate_mount("pki_int_cluster1", ttl_days=1, mark=OURS)
    assert request(wanted, Verb.UPDATE) == (
        "sys/mounts/pki_int_cluster1/tune",
        {"description": OURS.render(), "max_lease_ttl": "86400s"},
    )


def test_an_auth_mount_is_enabled() -> None:
    assert request(build_auth_mount(CLUSTER, OURS)) == (
        f"sys/{AUTH}",
        {"type": "kubernetes", "description": OURS.render()},
    )


def test_an_auth_mount_is_tuned_without_its_type() -> None:
    assert request(build_auth_mount(CLUSTER, OURS), Verb.UPDATE) == (
        f"sys/mounts/{AUTH}/tune",
        {"description": OURS.render()},
    )


def test_an_imported_root_is_given_to_vault_by_its_bundle_alone() -> None:
    wanted = build_root_import(IMPORTED_ROOT, build_imported().bundle)
    assert request(wanted) == ("pki/issuers/import/bundle", {})


async def test_the_key_is_uncovered_in_the_very_write() -> None:
    vault = FakeVault()
    imported = build_imported()
    wanted = build_root_import(IMPORTED_ROOT, imported.bundle)
    await apply_action(cast("VaultClient", vault), Action(verb=Verb.CREATE, wanted=wanted))
    assert vault.writes == [
        ("pki/issuers/import/bundle", {"pem_bundle": imported.bundle.get_secret_value()})
    ]


async def test_an_issuer_is_named_without_a_word_on_its_other_fields() -> None:
    vault = FakeVault()
    vault.put_issuer("pki")
    wanted = build_root_name(IMPORTED_ROOT, ISSUER_ID)
    await apply_action(cast("VaultClient", vault), Action(verb=Verb.UPDATE, wanted=wanted))
    assert vault.writes == []
    assert vault.patches == [(f"pki/issuer/{ISSUER_ID}", {"issuer_name": "roottrust-g1"})]


async def test_a_usage_is_taken_from_an_issuer_without_a_word_on_its_other_fields() -> None:
    vault = FakeVault()
    vault.put_issuer("pki")
    wanted = build_issuer_usage("pki", ISSUER_ID, {"read-only", "crl-signing"})
    await apply_action(cast("VaultClient", vault), Action(verb=Verb.UPDATE, wanted=wanted))
    assert vault.writes == []
    assert vault.patches == [(f"pki/issuer/{ISSUER_ID}", {"usage": "crl-signing,read-only"})]


def test_an_issuer_is_revoked_at_a_path_of_its_own() -> None:
    wanted = build_issuer_revocation("pki", ISSUER_ID)
    assert request(wanted, Verb.UPDATE) == (f"pki/issuer/{ISSUER_ID}/revoke", {})


def test_a_key_is_named_and_a_default_is_set() -> None:
    assert request(build_key_name(IMPORTED_ROOT, "k"), Verb.UPDATE) == (
        "pki/key/k",
        {"key_name": "roottrust-g1"},
    )
    assert request(build_default_issuer(IMPORTED_ROOT, ISSUER_ID), Verb.UPDATE) == (
        "pki/config/issuers",
        {"default": ISSUER_ID},
    )


def test_the_root_is_made_inside_vault() -> None:
    path, body = request(build_root(GENERATED_ROOT))
    assert path == "pki/root/generate/internal"
    assert body["issuer_name"] == body["key_name"] == "roottrust-g1"
    assert body["ttl"] == "87600h"


@pytest.mark.parametrize("verb", Verb)
def test_a_policy_is_written_as_one_document(verb: Verb) -> None:
    path, body = request(POLICY, verb)
    assert path == f"sys/policies/acl/{ROLE}"
    assert body["policy"].startswith(f"# {OURS.render()}\n\npath ")


@pytest.mark.parametrize("verb", Verb)
def test_a_config_names_no_field_that_vault_only_tells(verb: Verb) -> None:
    path, body = request(build_auth_config(CLUSTER), verb)
    assert path == f"{AUTH}/config"
    assert "token_reviewer_jwt_set" not in body
    assert body["token_reviewer_jwt"] == ""
    assert body["pem_keys"] == []


@pytest.mark.parametrize("verb", Verb)
def test_a_role_is_written_with_lists_as_json_has_them(verb: Verb) -> None:
    path, body = request(build_role(CLUSTER), verb)
    assert path == f"{AUTH}/role/{ROLE}"
    assert body["token_policies"] == [ROLE]
    assert not any(isinstance(value, tuple) for value in body.values())


def test_a_config_of_keys_is_written_with_what_json_has() -> None:
    path, body = request(build_auth_config(BY_KEYS))
    assert path == f"{AUTH}/config"
    assert body["jwt_validation_pubkeys"] == list(TOKEN_KEYS.public_keys)
    assert "token_reviewer_jwt" not in body


async def settle(vault: FakeVault, target: VaultTarget, *, rounds: int = 4) -> list[int]:
    """Observe, plan and apply as the hub does; return how much each round wrote."""
    client = cast("VaultClient", vault)
    counts: list[int] = []
    for _ in range(rounds):
        snapshot = await observe(vault, target)
        actions = plan_policy(snapshot).actions
        counts.append(len(actions))
        for action in actions:
            await apply_action(client, action)
    return counts


async def observe(vault: FakeVault, target: VaultTarget) -> Snapshot:
    facts = await VaultObserver(cast("VaultClient", vault)).observe(target)
    return replace(build_snapshot(target, EMPTY_FACTS), facts=facts)


@pytest.mark.parametrize("cluster", [CLUSTER, BY_KEYS])
async def test_what_is_written_reads_back_as_wanted(cluster: ClusterTarget) -> None:
    target = build_target(cluster, root=GENERATED_ROOT)
    assert await settle(FakeVault(), target) == [2, 5, 0, 0]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (f"{AUTH}/config", {"kubernetes_host": "https://elsewhere"}),
        (f"{AUTH}/config", {"token_reviewer_jwt_set": True}),
        (f"{AUTH}/role/{ROLE}", {"token_ttl": 9}),
        (f"sys/policies/acl/{ROLE}", {"policy": f"# {OURS.render()}\npath"}),
    ],
)
async def test_an_edit_is_one_write_to_put_right(path: str, change: dict[str, Any]) -> None:
    vault = FakeVault()
    await settle(vault, TARGET)
    vault.values[path].update(change)
    assert await settle(vault, TARGET) == [1, 0, 0, 0]


@pytest.mark.parametrize("mount", ["pki", "pki_int_cluster1"])
async def test_a_limit_that_was_tuned_is_put_right(mount: str) -> None:
    vault = FakeVault()
    await settle(vault, TARGET)
    vault.mounts[f"{mount}/"]["config"] = {"max_lease_ttl": 31_622_400}
    assert await settle(vault, TARGET) == [1, 0, 0, 0]


async def test_an_auth_mount_that_was_disabled_comes_back_with_its_parts() -> None:
    vault = FakeVault()
    await settle(vault, TARGET)
    del vault.auth["kube-cluster1-mesh-auth/"]
    for path in (f"{AUTH}/config", f"{AUTH}/role/{ROLE}"):
        del vault.values[path]
    assert await settle(vault, TARGET) == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "path", "deleted"),
    [
        (VaultKind.SECRETS_MOUNT, "pki_int_a", "sys/mounts/pki_int_a"),
        (VaultKind.AUTH_MOUNT, "auth/kube-a", "sys/auth/kube-a"),
        (VaultKind.POLICY, "sys/policies/acl/a", "sys/policies/acl/a"),
        (VaultKind.ROLE, "auth/kube-a/role/a", "auth/kube-a/role/a"),
    ],
)
async def test_each_kind_is_removed_at_its_own_path(
    kind: VaultKind, path: str, deleted: str
) -> None:
    vault = FakeVault()
    wanted = VaultObject(kind=kind, path=path, fields={})
    await apply_action(cast("VaultClient", vault), Action(verb=Verb.DELETE, wanted=wanted))
    assert vault.deletions == [deleted]
    assert vault.writes == []


@pytest.mark.parametrize("kind", [VaultKind.ROOT, VaultKind.AUTH_CONFIG])
def test_no_root_is_ever_removed(kind: VaultKind) -> None:
    with pytest.raises(ValueError, match="never removed"):
        build_deletion_path(VaultObject(kind=kind, path="pki/issuer/x", fields={}))

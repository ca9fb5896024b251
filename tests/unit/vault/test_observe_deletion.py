from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from roottrust.domain.action import Action, Verb
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.hub.vault_server import VaultServer
from roottrust.vault.client import VaultClient
from roottrust.vault.observe_deletion import observe_deletion
from roottrust.vault.shared_reads import SharedRead
from tests.unit.domain.certificates import build_name, build_pem
from tests.unit.domain.deletions import SCOPE, build_document, build_object
from tests.unit.domain.samples import OTHER_POLICY, OURS, build_target
from tests.unit.domain.strategies import BROKEN, DENIED
from tests.unit.vault.fake_vault import FakeVault

MARK = OURS.render()


def mount_login(vault: FakeVault, name: str, mark: str = MARK) -> None:
    vault.auth[f"{name}/"] = {"type": "kubernetes", "description": mark, "config": {}}


@pytest.fixture
def vault() -> FakeVault:
    vault = FakeVault()
    vault.put_mount("pki", description=MARK)
    vault.put_mount("pki_int_a", description=MARK)
    vault.put_mount("pki_int_other", description=OTHER_POLICY.render())
    mount_login(vault, "kube-a")
    mount_login(vault, "kube-other", OTHER_POLICY.render())
    vault.values["auth/kube-a/role/gen-a"] = {}
    vault.values["auth/kube-other/role/other"] = {}
    vault.values["sys/policies/acl/gen-a"] = {"policy": build_document()}
    return vault


def client(vault: FakeVault) -> VaultClient:
    return cast("VaultClient", vault)


async def test_what_may_go_with_a_policy_is_found_by_marks(vault: FakeVault) -> None:
    facts = await observe_deletion(client(vault), SCOPE)
    assert facts.roles == {"kube-a": ("gen-a",)}
    assert facts.policies == {"gen-a": build_document()}
    assert facts.roots == {"pki_int_a": False}
    assert not any("other" in path for path in vault.reads)


async def test_what_status_tells_is_looked_for_as_well(vault: FakeVault) -> None:
    made = (build_object(VaultKind.POLICY, "sys/policies/acl/gone"),)
    facts = await observe_deletion(client(vault), replace(SCOPE, made=made))
    assert facts.policies["gone"] is None


@pytest.mark.parametrize("pem", [build_pem(), "not a certificate", ""])
async def test_mount_with_a_root_or_an_issuer_that_nobody_can_read_holds_a_root(
    vault: FakeVault, pem: str
) -> None:
    vault.put_issuer("pki_int_a")
    (path,) = (each for each in vault.values if each.startswith("pki_int_a/issuer/"))
    vault.values[path]["certificate"] = pem
    facts = await observe_deletion(client(vault), SCOPE)
    assert facts.roots == {"pki_int_a": True}


async def test_mount_with_an_intermediate_holds_no_root(vault: FakeVault) -> None:
    vault.put_issuer("pki_int_a")
    (path,) = (each for each in vault.values if each.startswith("pki_int_a/issuer/"))
    vault.values[path]["certificate"] = build_pem(issuer=build_name("Upper"))
    facts = await observe_deletion(client(vault), SCOPE)
    assert facts.roots == {"pki_int_a": False}


@pytest.mark.parametrize(
    ("path", "field", "name"),
    [
        ("auth/kube-a/role", "roles", "kube-a"),
        ("sys/policies/acl/gen-a", "policies", "gen-a"),
        ("pki_int_a/issuers", "roots", "pki_int_a"),
    ],
)
async def test_what_cannot_be_read_keeps_nothing_else_from_being_read(
    vault: FakeVault, path: str, field: str, name: str
) -> None:
    vault.failures[path] = DENIED
    facts = await observe_deletion(client(vault), SCOPE)
    assert getattr(facts, field)[name] == Unread(error=DENIED)


async def test_without_mounts_nothing_is_known(vault: FakeVault) -> None:
    vault.failures["sys/auth"] = BROKEN
    with pytest.raises(RootTrustError):
        await observe_deletion(client(vault), SCOPE)


async def test_server_knows_of_what_it_removed_and_says_why_it_cannot_look(
    vault: FakeVault,
) -> None:
    probes: list[str] = []

    async def probe() -> None:
        probes.append("probe")

    server = VaultServer(client(vault), probe=SharedRead(probe))
    target = build_target()
    mount_login(vault, "kube-cluster1-mesh-auth")
    vault.put_mount("pki_int_cluster1", description=MARK)
    assert set((await server.observe(target)).mounts) == {"pki", "pki_int_cluster1"}
    reads: list[Any] = list(vault.reads)
    for kind, path in (
        (VaultKind.SECRETS_MOUNT, "pki_int_cluster1"),
        (VaultKind.AUTH_MOUNT, "auth/kube-cluster1-mesh-auth"),
        (VaultKind.POLICY, "sys/policies/acl/x"),
    ):
        wanted = VaultObject(kind=kind, path=path, fields={})
        await server.apply(Action(verb=Verb.DELETE, wanted=wanted))
    facts = await server.observe(target)
    assert (set(facts.mounts), facts.auth_mounts) == ({"pki"}, {})
    assert "sys/mounts" not in vault.reads[len(reads) :]
    vault.failures["sys/mounts"] = BROKEN
    with pytest.raises(RootTrustError):
        await server.observe_deletion(SCOPE)
    assert probes == ["probe"]
    del vault.failures["sys/mounts"]
    found = await server.observe_deletion(SCOPE)
    assert set(found.roles) == {"kube-a", "kube-cluster1-mesh-auth"}

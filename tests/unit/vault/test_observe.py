from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from roottrust.domain.action import Action, Verb
from roottrust.domain.desired import build_auth_mount, build_root, build_root_mount
from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.facts import ClusterFacts, IssuerFacts, Unread, VaultFacts
from roottrust.domain.target import RootTarget
from roottrust.vault.apply import apply_action
from roottrust.vault.client import VaultClient
from roottrust.vault.observe import VaultObserver
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    GENERATED_ROOT,
    ISSUER_ID,
    OURS,
    ROOT,
    build_cluster,
    build_target,
)
from tests.unit.domain.strategies import BROKEN, DENIED
from tests.unit.vault.fake_vault import FakeVault

TARGET = build_target()
TWO = build_target(build_cluster("a"), build_cluster("b"))
GENERATE = build_target(root=GENERATED_ROOT)
AUTH = "auth/kube-cluster1-mesh-auth"
ROLE = "gen-int-ca-istio-cluster1-mesh"


@pytest.fixture
def vault() -> FakeVault:
    vault = FakeVault()
    vault.put_mount("pki", seconds=1000)
    vault.put_issuer("pki", name="roottrust-g1")
    return vault


@pytest.fixture
def observer(vault: FakeVault) -> VaultObserver:
    return VaultObserver(cast("VaultClient", vault))


def build_root_target(issuer: str) -> RootTarget:
    return replace(EXISTING_ROOT, issuer=issuer)


def put_auth(vault: FakeVault, *, type_: str = "kubernetes", description: str = "") -> None:
    mount = {"type": type_, "description": description, "config": {}}
    vault.auth["kube-cluster1-mesh-auth/"] = mount


def get_issuer(facts: VaultFacts) -> IssuerFacts:
    assert isinstance(facts.root_issuer, IssuerFacts)
    return facts.root_issuer


def get_cluster(facts: VaultFacts, name: str = "cluster1") -> ClusterFacts:
    found = facts.clusters[name]
    assert isinstance(found, ClusterFacts)
    return found


async def test_an_empty_vault_has_nothing() -> None:
    facts = await VaultObserver(cast("VaultClient", FakeVault())).observe(TARGET)
    assert facts.mounts == facts.auth_mounts == {}
    assert facts.root_issuer is None
    assert get_cluster(facts) == ClusterFacts(
        auth_config=None, role=None, role_names=(), policy=None
    )


async def test_mounts_of_others_are_left_out(vault: FakeVault, observer: VaultObserver) -> None:
    vault.put_mount("pki_of_others")
    facts = await observer.observe(TARGET)
    assert set(facts.mounts) == {"pki"}
    assert facts.auth_mounts == {}


async def test_a_mount_is_known_by_type_description_and_limit(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_mount("pki", seconds=7, description=OURS.render())
    mount = (await observer.observe(TARGET)).mounts["pki"]
    assert (mount.type, mount.description, mount.max_ttl_seconds) == ("pki", OURS.render(), 7)


@pytest.mark.parametrize("found", [{"type": "pki"}, {"type": "pki", "config": None}])
async def test_what_vault_leaves_out_of_a_mount_is_empty(
    vault: FakeVault, observer: VaultObserver, found: dict[str, Any]
) -> None:
    vault.mounts["pki_int_cluster1/"] = found
    mount = (await observer.observe(TARGET)).mounts["pki_int_cluster1"]
    assert (mount.description, mount.max_ttl_seconds) == ("", 0)


async def test_answers_that_are_no_mounts_are_left_out(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.mounts |= cast("Any", {"request_id/": "x", "pki_int_cluster1/": {"no": "type"}})
    assert set((await observer.observe(TARGET)).mounts) == {"pki"}


async def test_a_root_mount_without_a_limit_has_vault_s_own(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_mount("pki")
    assert (await observer.observe(TARGET)).mounts["pki"].max_ttl_seconds == 2_764_800
    assert "sys/mounts/pki/tune" in vault.reads


async def test_the_default_issuer_is_the_root_that_an_unnamed_path_means(
    observer: VaultObserver,
) -> None:
    issuer = get_issuer(await observer.observe(TARGET))
    assert issuer == IssuerFacts(
        issuer_id=ISSUER_ID,
        issuer_name="roottrust-g1",
        certificate=ROOT,
        has_key=True,
        key_id="key-1",
    )


@pytest.mark.parametrize("name", [ISSUER_ID, "roottrust-g1"])
async def test_a_named_issuer_is_found_by_id_and_by_name(
    vault: FakeVault, observer: VaultObserver, name: str
) -> None:
    vault.put_issuer("pki", issuer_id="0-other", name="other")
    target = build_target(root=build_root_target(name))
    assert get_issuer(await observer.observe(target)).issuer_id == ISSUER_ID


async def test_a_rotated_root_that_was_imported_again_is_found_by_the_name_of_its_generation(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_issuer("pki", issuer_id="another-id", name="roottrust-g2")
    lost = replace(EXISTING_ROOT, issuer="id-before", generation=2)
    found = get_issuer(await observer.observe(build_target(root=lost)))
    assert found.issuer_id == "another-id"


async def test_no_other_name_is_taken_for_an_issuer_that_a_policy_names(
    observer: VaultObserver,
) -> None:
    facts = await observer.observe(build_target(root=build_root_target("mine")))
    assert facts.root_issuer is None


async def test_an_issuer_that_is_not_there_is_never_asked_for_by_name(
    vault: FakeVault, observer: VaultObserver
) -> None:
    target = build_target(root=build_root_target("missing"))
    assert (await observer.observe(target)).root_issuer is None
    assert "pki/issuer/missing" not in vault.reads


@pytest.mark.parametrize("config", [None, {}, {"default": ""}])
async def test_a_mount_without_a_default_issuer_has_no_root(
    vault: FakeVault, observer: VaultObserver, config: dict[str, Any] | None
) -> None:
    del vault.values["pki/config/issuers"]
    if config is not None:
        vault.values["pki/config/issuers"] = config
    assert (await observer.observe(TARGET)).root_issuer is None


async def test_a_default_issuer_that_has_just_gone_is_no_root(
    vault: FakeVault, observer: VaultObserver
) -> None:
    del vault.values[f"pki/issuer/{ISSUER_ID}"]
    assert (await observer.observe(TARGET)).root_issuer is None


async def test_an_issuer_without_a_key_is_told(vault: FakeVault, observer: VaultObserver) -> None:
    vault.values[f"pki/issuer/{ISSUER_ID}"]["key_id"] = ""
    assert not get_issuer(await observer.observe(TARGET)).has_key


@pytest.mark.parametrize("pem", [None, "", "x", ROOT.pem + ROOT.pem])
async def test_a_certificate_that_cannot_be_read_is_none(
    vault: FakeVault, observer: VaultObserver, pem: str | None
) -> None:
    vault.values[f"pki/issuer/{ISSUER_ID}"]["certificate"] = pem
    assert get_issuer(await observer.observe(TARGET)).certificate is None


async def test_a_mount_that_is_no_pki_is_not_asked_for_issuers(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.mounts["pki/"]["type"] = "kv"
    assert (await observer.observe(TARGET)).root_issuer is None
    assert not any(path.startswith("pki/") for path in vault.reads)


async def test_a_root_that_cannot_be_read_is_not_missing(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.failures["pki/config/issuers"] = DENIED
    facts = await observer.observe(TARGET)
    assert facts.root_issuer == Unread(error=DENIED)
    assert get_cluster(facts).policy is None


async def test_a_cluster_is_known_by_config_role_roles_and_policy(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_auth(vault)
    vault.values[f"{AUTH}/config"] = {"kubernetes_host": "h"}
    vault.values[f"{AUTH}/role/{ROLE}"] = {"token_ttl": 1}
    vault.values[f"{AUTH}/role/admins"] = {}
    vault.values[f"sys/policies/acl/{ROLE}"] = {"policy": "p"}
    assert get_cluster(await observer.observe(TARGET)) == ClusterFacts(
        auth_config={"kubernetes_host": "h"},
        role={"token_ttl": 1},
        role_names=("admins", ROLE),
        policy="p",
    )


async def test_roles_of_a_mount_that_is_marked_are_not_counted(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_auth(vault, description=OURS.render())
    vault.values[f"{AUTH}/role/admins"] = {}
    assert get_cluster(await observer.observe(TARGET)).role_names == ()
    assert f"{AUTH}/role" not in vault.reads


async def test_a_mount_of_another_method_is_not_read_as_ours(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_auth(vault, type_="userpass")
    facts = await observer.observe(TARGET)
    assert facts.auth_mounts["kube-cluster1-mesh-auth"].type == "userpass"
    assert get_cluster(facts).auth_config is None
    assert f"{AUTH}/config" not in vault.reads


async def test_a_policy_without_a_document_is_an_empty_one(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.values[f"sys/policies/acl/{ROLE}"] = {"policy": None}
    assert get_cluster(await observer.observe(TARGET)).policy == ""


async def test_one_cluster_that_cannot_be_read_does_not_hide_the_others(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.failures["sys/policies/acl/gen-int-ca-istio-a-mesh"] = BROKEN
    facts = await observer.observe(TWO)
    assert facts.clusters["a"] == Unread(error=BROKEN)
    assert isinstance(facts.clusters["b"], ClusterFacts)


@pytest.mark.parametrize("path", ["sys/mounts", "sys/auth"])
async def test_mounts_that_cannot_be_read_end_it(
    vault: FakeVault, observer: VaultObserver, path: str
) -> None:
    vault.failures[path] = DENIED
    with pytest.raises(AccessDeniedError):
        await observer.observe(TARGET)


async def test_policies_of_one_sweep_read_mounts_and_root_once(
    vault: FakeVault, observer: VaultObserver
) -> None:
    await observer.observe(TARGET)
    await observer.observe(TWO)
    for path in ("sys/mounts", "sys/auth", "pki/config/issuers", f"pki/issuer/{ISSUER_ID}"):
        assert vault.reads.count(path) == 1


async def test_what_was_forgotten_is_read_anew(vault: FakeVault, observer: VaultObserver) -> None:
    vault.put_mount("pki")
    await observer.observe(TARGET)
    observer.forget()
    await observer.observe(TARGET)
    for path in ("sys/mounts", "sys/auth", "pki/config/issuers", "sys/mounts/pki/tune"):
        assert vault.reads.count(path) == 2


@pytest.mark.parametrize(
    "wanted", [build_root_mount(GENERATED_ROOT, OURS), build_auth_mount(build_cluster(), OURS)]
)
async def test_a_mount_that_was_just_written_is_known_without_reading(wanted: Any) -> None:
    vault = FakeVault()
    observer = VaultObserver(cast("VaultClient", vault))
    await observer.observe(GENERATE)
    await apply_action(cast("VaultClient", vault), Action(verb=Verb.CREATE, wanted=wanted))
    observer.take_over(wanted)
    known = await observer.observe(GENERATE)
    assert vault.reads.count("sys/mounts") == vault.reads.count("sys/auth") == 1
    read = await VaultObserver(cast("VaultClient", vault)).observe(GENERATE)
    assert (known.mounts, known.auth_mounts) == (read.mounts, read.auth_mounts)


async def test_a_root_that_was_just_made_is_read(vault: FakeVault, observer: VaultObserver) -> None:
    for path in (f"pki/issuer/{ISSUER_ID}", f"pki/issuers/{ISSUER_ID}"):
        del vault.values[path]
    assert (await observer.observe(GENERATE)).root_issuer is None
    vault.put_issuer("pki", name="roottrust-g1")
    observer.take_over(build_root(GENERATED_ROOT))
    assert get_issuer(await observer.observe(GENERATE)).issuer_name == "roottrust-g1"


async def test_two_policies_that_name_the_root_in_two_ways_do_not_mix_them_up(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_issuer("pki", issuer_id="second", name="mine")
    named = build_target(root=build_root_target("mine"))
    assert get_issuer(await observer.observe(TARGET)).issuer_id == ISSUER_ID
    assert get_issuer(await observer.observe(named)).issuer_id == "second"


async def test_beside_a_root_that_is_missing_the_other_issuers_are_told(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_issuer("pki", issuer_id="second", name="second")
    named = build_target(root=build_root_target("missing"))
    found = (await observer.observe(named)).other_issuers
    assert {each.issuer_id for each in found} == {ISSUER_ID, "second"}
    assert (await observer.observe(TARGET)).other_issuers == ()


async def test_beside_a_root_without_a_key_the_other_issuers_are_told(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_issuer("pki", issuer_id="second")
    vault.values[f"pki/issuer/{ISSUER_ID}"]["key_id"] = ""
    facts = await observer.observe(TARGET)
    assert get_issuer(facts).issuer_id == ISSUER_ID
    assert [each.issuer_id for each in facts.other_issuers] == ["second"]


async def test_an_issuer_that_has_just_gone_is_no_other_one(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.values["pki/issuers/gone"] = {}
    target = build_target(root=build_root_target("missing"))
    assert len((await observer.observe(target)).other_issuers) == 1


async def test_the_default_issuer_is_asked_for_where_agents_name_none(
    vault: FakeVault, observer: VaultObserver
) -> None:
    named = build_root_target("roottrust-g1")
    target = build_target(root=named, unnamed_ca_path="pki/root/sign-intermediate")
    assert (await observer.observe(target)).default_issuer == ISSUER_ID
    assert (await observer.observe(build_target(root=named))).default_issuer is None
    vault.failures["pki/config/issuers"] = DENIED
    observer.forget()
    assert (await observer.observe(target)).default_issuer is None

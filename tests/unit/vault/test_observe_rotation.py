"""What is read of Vault while a root is rotated, and only then."""

from __future__ import annotations

from typing import cast

import pytest

from roottrust.domain.action import Action, Verb
from roottrust.domain.desired import build_issuer_revocation, build_issuer_usage
from roottrust.domain.facts import IssuerFacts, Unread
from roottrust.domain.vault_object import VaultObject
from roottrust.vault.client import VaultClient
from roottrust.vault.observe import VaultObserver
from tests.unit.domain.rotations import (
    ALL_USAGES,
    NEXT_ID,
    NEXT_NAME,
    WITHDRAWN,
    build_rotating_target,
    build_rotation,
)
from tests.unit.domain.samples import ISSUER_ID, build_target
from tests.unit.domain.strategies import BROKEN
from tests.unit.vault.fake_vault import FakeVault

ROTATING = build_rotating_target(build_rotation())
USAGE = "crl-signing,issuing-certificates,ocsp-signing,read-only"


@pytest.fixture
def vault() -> FakeVault:
    vault = FakeVault()
    vault.put_mount("pki", seconds=1000)
    vault.put_issuer("pki", name="roottrust-g1", usage=USAGE)
    return vault


@pytest.fixture
def observer(vault: FakeVault) -> VaultObserver:
    return VaultObserver(cast("VaultClient", vault))


def put_next(vault: FakeVault, **fields: object) -> None:
    vault.put_issuer("pki", name=NEXT_NAME, issuer_id=NEXT_ID, **fields)
    # Vault takes a name for an id.
    vault.values[f"pki/issuer/{NEXT_NAME}"] = vault.values[f"pki/issuer/{NEXT_ID}"]


async def test_the_next_root_is_found_by_the_name_of_its_generation(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_next(vault, usage=USAGE)
    facts = await observer.observe(ROTATING)
    assert isinstance(facts.next_issuer, IssuerFacts)
    found = facts.next_issuer
    assert (found.issuer_id, found.issuer_name, found.usages) == (NEXT_ID, NEXT_NAME, ALL_USAGES)
    assert (facts.beside, facts.default_issuer, facts.follows_latest) == ((), ISSUER_ID, False)


async def test_while_it_is_missing_the_others_are_read(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.put_issuer("pki", issuer_id="other-1")
    facts = await observer.observe(ROTATING)
    assert facts.next_issuer is None
    assert {each.issuer_id for each in facts.beside} == {ISSUER_ID, "other-1"}


async def test_nothing_of_it_is_read_while_no_root_is_rotated(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_next(vault)
    await observer.observe(build_target(root=ROTATING.root))
    assert f"pki/issuer/{NEXT_NAME}" not in vault.reads
    assert "pki/config/issuers" not in vault.reads


async def test_it_costs_two_reads_more_for_all_policies_of_a_sweep(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_next(vault)
    await observer.observe(ROTATING)
    observer.forget()
    vault.reads.clear()
    for _ in range(5):
        await observer.observe(ROTATING)
    of_roots = [path for path in vault.reads if path.startswith("pki/")]
    assert sorted(of_roots) == [
        "pki/config/issuers",
        f"pki/issuer/{ISSUER_ID}",
        f"pki/issuer/{NEXT_NAME}",
    ]


async def test_what_cannot_be_read_of_it_keeps_nothing_else_from_being_read(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.failures |= {"pki/issuers": BROKEN, "pki/config/issuers": BROKEN}
    vault.values[f"pki/issuer/{ISSUER_ID}"] |= {"issuer_name": "roottrust-g1"}
    facts = await observer.observe(ROTATING)
    assert isinstance(facts.next_issuer, Unread)
    assert facts.default_issuer is None


async def test_a_mount_that_makes_each_new_issuer_its_default_one_is_known(
    vault: FakeVault, observer: VaultObserver
) -> None:
    vault.values["pki/config/issuers"] |= {"default_follows_latest_issuer": True}
    assert (await observer.observe(ROTATING)).follows_latest


@pytest.mark.parametrize(
    ("usage", "known"),
    [(USAGE, ALL_USAGES), ("", frozenset()), (None, None), ("read-only", frozenset({"read-only"}))],
)
async def test_what_an_issuer_may_be_used_for_is_what_vault_tells(
    vault: FakeVault, observer: VaultObserver, usage: str | None, known: frozenset[str] | None
) -> None:
    put_next(vault, usage=usage)
    found = (await observer.observe(ROTATING)).next_issuer
    assert isinstance(found, IssuerFacts)
    assert found.usages == known
    assert found.may_sign is (known is None or "issuing-certificates" in known)


async def test_what_is_revoked_may_not_sign_whatever_its_usage(
    vault: FakeVault, observer: VaultObserver
) -> None:
    put_next(vault, usage=USAGE)
    vault.values[f"pki/issuer/{NEXT_NAME}"] |= {"revoked": True}
    found = (await observer.observe(ROTATING)).next_issuer
    assert isinstance(found, IssuerFacts)
    assert (found.is_revoked, found.may_sign) == (True, False)


@pytest.mark.parametrize(
    "wanted",
    [build_issuer_usage("pki", NEXT_ID, WITHDRAWN), build_issuer_revocation("pki", NEXT_ID)],
)
async def test_after_a_write_to_an_issuer_roots_are_read_anew(
    vault: FakeVault, observer: VaultObserver, wanted: VaultObject
) -> None:
    put_next(vault, usage=USAGE)
    await observer.observe(ROTATING)
    observer.take_over(wanted)
    vault.reads.clear()
    await observer.observe(ROTATING)
    assert f"pki/issuer/{NEXT_NAME}" in vault.reads
    assert str(Action(verb=Verb.UPDATE, wanted=wanted)) == f"update pki/issuer/{NEXT_ID}"

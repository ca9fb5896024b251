from __future__ import annotations

from typing import cast

import pytest

from roottrust.domain.errors import RootTrustError
from roottrust.domain.vault_keys import MountKeys
from roottrust.vault.client import VaultClient
from roottrust.vault.keys import delete_key, observe_keys, read_key_id
from tests.unit.domain.strategies import DENIED
from tests.unit.vault.fake_vault import FakeVault


@pytest.fixture
def vault() -> FakeVault:
    vault = FakeVault()
    vault.values["pki_int_a/keys/key-1"] = {}
    vault.values["pki_int_a/keys/key-2"] = {}
    return vault


def client(vault: FakeVault) -> VaultClient:
    return cast("VaultClient", vault)


async def test_keys_of_issuers_are_in_use(vault: FakeVault) -> None:
    vault.put_issuer("pki_int_a")
    found = await observe_keys(client(vault), "pki_int_a")
    assert found == MountKeys(keys=("key-1", "key-2"), used=frozenset({"key-1"}))


async def test_mount_without_keys_costs_one_read(vault: FakeVault) -> None:
    found = await observe_keys(client(vault), "pki_int_b")
    assert found == MountKeys(keys=(), used=frozenset())
    assert vault.reads == ["pki_int_b/keys"]


async def test_nothing_is_known_where_an_issuer_cannot_be_read(vault: FakeVault) -> None:
    vault.put_issuer("pki_int_a")
    (path,) = (each for each in vault.values if each.startswith("pki_int_a/issuer/"))
    vault.failures[path] = DENIED
    with pytest.raises(RootTrustError):
        await observe_keys(client(vault), "pki_int_a")


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"subject_key_id": "0A:1b:ff"}, "0a1bff"), ({"key_type": "ec"}, None), (None, None)],
)
async def test_the_identifier_of_a_key_is_read_where_vault_tells_it(
    vault: FakeVault, told: dict[str, str] | None, expected: str | None
) -> None:
    if told is not None:
        vault.values["pki_int_a/key/key-1"] = told
    assert await read_key_id(client(vault), "pki_int_a", "key-1") == expected


async def test_key_is_removed_by_its_id(vault: FakeVault) -> None:
    await delete_key(client(vault), "pki_int_a", "key-1")
    assert vault.deletions == ["pki_int_a/key/key-1"]

"""What a mount has signed, as Vault tells it."""

from __future__ import annotations

from typing import cast

import pytest

from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.vault.client import VaultClient
from roottrust.vault.issued_certificates import list_serials, read_signed
from tests.unit.vault.fake_vault import FakeVault


@pytest.fixture
def vault() -> FakeVault:
    vault = FakeVault()
    vault.values["pki/certs/0a:1b"] = {}
    return vault


def client(vault: FakeVault) -> VaultClient:
    return cast("VaultClient", vault)


async def test_serial_numbers_are_listed_as_vault_writes_them(vault: FakeVault) -> None:
    assert await list_serials(client(vault), "pki") == ("0a:1b",)
    assert await list_serials(client(vault), "other") == ()


@pytest.mark.parametrize("told", [{}, {"revocation_time": 0}])
async def test_a_certificate_is_read_by_its_serial_number(
    vault: FakeVault, told: dict[str, int]
) -> None:
    vault.values["pki/cert/0a:1b"] = {"certificate": "PEM", **told}
    found = await read_signed(client(vault), "pki", "0a:1b")
    assert found == SignedCertificate(serial="0a:1b", pem="PEM", is_revoked=False)


async def test_one_that_is_revoked_says_so(vault: FakeVault) -> None:
    vault.values["pki/cert/0a:1b"] = {"certificate": "PEM", "revocation_time": 1893456000}
    found = await read_signed(client(vault), "pki", "0a:1b")
    assert found is not None
    assert found.is_revoked


async def test_one_that_is_gone_is_nothing(vault: FakeVault) -> None:
    assert await read_signed(client(vault), "pki", "0a:1b") is None

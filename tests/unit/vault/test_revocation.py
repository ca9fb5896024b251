"""Revoking what a mount has signed, as Vault is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from roottrust.vault.client import VaultClient
from roottrust.vault.revocation import revoke


class Writes:
    """A Vault that takes everything."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Mapping[str, Any]]] = []

    async def write(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.taken.append((path, body))
        return {"revocation_time": 1893456000}


async def test_a_certificate_is_revoked_by_its_serial_number_alone() -> None:
    vault = Writes()
    await revoke(cast("VaultClient", vault), "pki", "0a:1b")
    assert vault.taken == [("pki/revoke", {"serial_number": "0a:1b"})]

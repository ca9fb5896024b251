"""Revoking what a pki mount has signed; Vault puts it on the CRL of its issuer, and keeps it.

Vault API: POST <mount>/revoke, which of one that is revoked already tells only since when.
"""

from __future__ import annotations

from roottrust.vault.client import VaultClient


async def revoke(client: VaultClient, mount: str, serial: str) -> None:
    """Revoke a certificate by its serial number; raises RootTrustError."""
    await client.write(f"{mount}/revoke", {"serial_number": serial})

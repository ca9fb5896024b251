"""Reading what a pki mount has signed: certificates alone, of everybody who had one from there.

Vault API: LIST <mount>/certs, and GET <mount>/cert/<serial>, which needs no right.
"""

from __future__ import annotations

from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.vault.client import VaultClient


async def list_serials(client: VaultClient, mount: str) -> tuple[str, ...]:
    """Return the serial numbers of all certificates that a mount keeps; raises RootTrustError."""
    return await client.list(f"{mount}/certs")


async def read_signed(client: VaultClient, mount: str, serial: str) -> SignedCertificate | None:
    """Return a certificate, None if it was tidied up meanwhile; raises RootTrustError."""
    data = await client.read(f"{mount}/cert/{serial}")
    if data is None:
        return None
    return SignedCertificate(
        serial=serial,
        pem=str(data.get("certificate") or ""),
        # 0 for what is not revoked; OpenBao and HashiCorp's Vault agree.
        is_revoked=bool(data.get("revocation_time")),
    )

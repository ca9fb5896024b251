"""Having one root signed by another one.

Vault API: POST <mount>/issuer/<id>/sign-self-issued, which keeps subject and key byte for byte.
"""

from __future__ import annotations

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.vault.client import VaultClient


async def cross_sign(client: VaultClient, mount: str, issuer: str, certificate: str) -> str:
    """Return the certificate signed by an issuer, in PEM; raises RootTrustError."""
    path = f"{mount}/issuer/{issuer}/sign-self-issued"
    answer = await client.write(path, {"certificate": certificate})
    found = str((answer or {}).get("certificate") or "")
    if not found:
        raise TransientError(
            f"Vault answered {path} without a certificate.", reason=Reason.SERVER_ERROR
        )
    return found if found.endswith("\n") else found + "\n"

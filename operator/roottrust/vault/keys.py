"""Keys in a pki mount of Vault: their ids, never the keys themselves, which no request reads.

Source: API paths keys, issuers, issuer/<id> and key/<id> of pki.
"""

from __future__ import annotations

from roottrust.domain.vault_keys import MountKeys
from roottrust.vault.client import VaultClient


async def observe_keys(client: VaultClient, mount: str) -> MountKeys:
    """Return what a mount has; raises RootTrustError unless all of its issuers can be read."""
    keys = await client.list(f"{mount}/keys")
    issuers = await client.list(f"{mount}/issuers") if keys else ()
    found = [await client.read(f"{mount}/issuer/{issuer}") for issuer in issuers]
    used = frozenset(str(each["key_id"]) for each in found if each and each.get("key_id"))
    return MountKeys(keys=keys, used=used)


async def read_key_id(client: VaultClient, mount: str, key: str) -> str | None:
    """Return the subject key identifier of a key in hex, None where Vault does not tell it."""
    found = await client.read(f"{mount}/key/{key}")
    text = str((found or {}).get("subject_key_id") or "")
    return text.replace(":", "").lower() or None


async def delete_key(client: VaultClient, mount: str, key_id: str) -> None:
    """Remove a key; one that is gone is no failure."""
    await client.delete(f"{mount}/key/{key_id}")

"""Reading what Vault has that may go with a policy; nothing is written and nothing is judged here.

It is read anew each time: what was seen some seconds ago is no ground for removing anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from roottrust.domain.deletion_plan import (
    DeletionFacts,
    list_auth_mounts_to_remove,
    list_mounts_to_remove,
)
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.vault.client import VaultClient
from roottrust.vault.issuers import read_issuer
from roottrust.vault.observe import read_mounts

Answer = TypeVar("Answer")


async def observe_deletion(client: VaultClient, scope: DeletionScope) -> DeletionFacts:
    """Return what there is; raises RootTrustError when the mounts cannot be read."""
    mounts = await read_mounts(client, "sys/mounts")
    auth_mounts = await read_mounts(client, "sys/auth")
    logins = list_auth_mounts_to_remove(scope, auth_mounts)
    roles = await _try_all(_list_roles(client, each) for each in logins)
    listed = (found for found in roles if not isinstance(found, Unread))
    names = sorted(scope.role_names.union(*listed))
    policies = await _try_all(_read_policy(client, name) for name in names)
    own = list_mounts_to_remove(scope, mounts)
    roots = await _try_all(_holds_root(client, mount) for mount in own)
    return DeletionFacts(
        mounts=mounts,
        auth_mounts=auth_mounts,
        roles=dict(zip(logins, roles, strict=True)),
        policies=dict(zip(names, policies, strict=True)),
        roots=dict(zip(own, roots, strict=True)),
    )


async def _try_all(reads: Iterable[Awaitable[Answer]]) -> list[Answer | Unread]:
    return await asyncio.gather(*(_try(read) for read in reads))


async def _try(read: Awaitable[Answer]) -> Answer | Unread:
    try:
        return await read
    except RootTrustError as error:
        return Unread(error=error)


async def _list_roles(client: VaultClient, auth_mount: str) -> tuple[str, ...]:
    return await client.list(f"auth/{auth_mount}/role")


async def _read_policy(client: VaultClient, name: str) -> str | None:
    found = await client.read(f"sys/policies/acl/{name}")
    return None if found is None else str(found.get("policy") or "")


async def _holds_root(client: VaultClient, mount: str) -> bool:
    """Whether a secrets mount has an issuer that signed itself, or that nobody can read."""
    for issuer_id in await client.list(f"{mount}/issuers"):
        issuer = await read_issuer(client, mount, issuer_id)
        certificate = issuer.certificate if issuer else None
        if certificate is None or certificate.is_self_signed:
            return True
    return False

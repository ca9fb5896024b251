"""Reading the issuers of a pki mount as Vault tells them.

Vault API: LIST <mount>/issuers, GET <mount>/issuer/<id> and <mount>/config/issuers.
"""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.facts import IssuerFacts
from roottrust.vault.client import VaultClient


@dataclass(frozen=True, kw_only=True)
class DefaultIssuer:
    """What signs where no issuer is named: its id, empty for none; whether each new one does."""

    issuer_id: str
    follows_latest: bool


@dataclass(frozen=True, kw_only=True)
class MountIssuers:
    """All issuers of a mount, and the id of the default one, None if there is none."""

    issuers: tuple[IssuerFacts, ...]
    default: str | None


async def observe_issuers(client: VaultClient, mount: str) -> MountIssuers:
    """Return what a mount has, nothing where there is no such mount; raises RootTrustError."""
    found = await read_issuers(client, mount)
    default = (await read_default_issuer(client, mount)).issuer_id if found else ""
    return MountIssuers(issuers=found, default=default or None)


async def read_issuers(
    client: VaultClient, mount: str, *, but: str | None = None
) -> tuple[IssuerFacts, ...]:
    """Return all issuers of a mount but the one of an id; raises RootTrustError."""
    ids = await client.list(f"{mount}/issuers")
    found = [await read_issuer(client, mount, each) for each in ids if each != but]
    return tuple(each for each in found if each is not None)


async def read_default_issuer(client: VaultClient, mount: str) -> DefaultIssuer:
    """Return the default issuer of a mount; raises RootTrustError."""
    config = await client.read(f"{mount}/config/issuers") or {}
    return DefaultIssuer(
        issuer_id=str(config.get("default") or ""),
        follows_latest=bool(config.get("default_follows_latest_issuer")),
    )


async def read_issuer(client: VaultClient, mount: str, issuer_id: str) -> IssuerFacts | None:
    """Return an issuer by its id or name, None if Vault has no such path; raises RootTrustError."""
    data = await client.read(f"{mount}/issuer/{issuer_id}")
    if data is None:
        return None
    return IssuerFacts(
        issuer_id=str(data.get("issuer_id") or issuer_id),
        issuer_name=str(data.get("issuer_name") or ""),
        certificate=_read_certificate(data.get("certificate")),
        has_key=bool(data.get("key_id")),
        key_id=str(data.get("key_id") or ""),
        usages=_read_usages(data.get("usage")),
        is_revoked=data.get("revoked") is True,
    )


def _read_usages(usage: object) -> frozenset[str] | None:
    if not isinstance(usage, str):
        return None
    return frozenset(each.strip() for each in usage.split(",") if each.strip())


def _read_certificate(pem: object) -> Certificate | None:
    try:
        return parse_certificate(str(pem or ""))
    except UnreadableCertificateError:
        return None

"""Reading one issuer of a pki mount as Vault tells it (Vault API: GET <mount>/issuer/<id>)."""

from __future__ import annotations

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.facts import IssuerFacts
from roottrust.vault.client import VaultClient


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

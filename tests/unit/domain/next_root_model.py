"""The next root in the model of Vault: beside the one in use, under the name of its generation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from roottrust.domain.action import Action
from roottrust.domain.certificate import Certificate, parse_certificate, render_common_name
from roottrust.domain.facts import IssuerFacts, Unread, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.names import build_issuer_name
from roottrust.domain.target import VaultTarget
from tests.unit.domain.made_roots import (
    MADE_ISSUER_ID,
    MADE_KEY_ID,
    RefusedByVaultError,
    take_certificate,
)
from tests.unit.domain.samples import OTHER_ROOT

_ALL = frozenset({"read-only", "issuing-certificates", "crl-signing", "ocsp-signing"})


def is_of_next(action: Action, target: VaultTarget) -> bool:
    """Whether a write is for the root that is to follow."""
    rotation = target.rotation
    return rotation is not None and action.wanted.path.endswith(
        f"/issuer/{build_issuer_name(rotation.generation)}"
    )


def generate_next(facts: VaultFacts, action: Action, *, now: datetime) -> VaultFacts:
    """Make it; its mount cuts its life."""
    mount = facts.mounts[action.wanted.path.partition("/issuer/")[0]]
    if facts.next_issuer is not None:
        raise RefusedByVaultError(f"cannot {action}: issuer name already in use")
    wanted = int(action.wanted.extra["ttl"].removesuffix("h")) * 3600
    made = replace(
        OTHER_ROOT,
        subject=render_common_name(action.wanted.extra["common_name"]),
        not_before=now,
        not_after=now + timedelta(seconds=min(wanted, mount.max_ttl_seconds)),
        fingerprint="6" * 64,
    )
    name = action.wanted.fields["issuer_name"]
    return replace(facts, next_issuer=_build_issuer(made, name=name))


def import_next(
    facts: VaultFacts, action: Action, imported: ImportedRoot | Unread | None
) -> VaultFacts:
    """Add what the mount has not: the certificate, or the key of one that it has."""
    text = take_certificate(action)
    certificate = parse_certificate(text)
    if isinstance(imported, ImportedRoot) and imported.certificate.pem == text:
        certificate = imported.certificate
    found = facts.next_issuer
    if isinstance(found, IssuerFacts) and found.certificate == certificate:
        return replace(facts, next_issuer=replace(found, has_key=True, key_id=MADE_KEY_ID))
    return replace(facts, beside=(*facts.beside, _build_issuer(certificate, name="")))


def name_next(facts: VaultFacts, action: Action) -> VaultFacts:
    """Name one of the issuers: then it is the one that is looked for."""
    if facts.next_issuer is not None:
        raise RefusedByVaultError(f"cannot {action}: issuer name already in use")
    issuer_id = action.wanted.path.partition("/issuer/")[2]
    issuer = next(each for each in facts.beside if each.issuer_id == issuer_id)
    named = replace(issuer, issuer_name=action.wanted.fields["issuer_name"])
    return replace(facts, next_issuer=named)


def change_usage(facts: VaultFacts, action: Action) -> VaultFacts:
    """Take usages from one of the two roots."""
    issuer_id = action.wanted.path.partition("/issuer/")[2]
    usages = frozenset(filter(None, action.wanted.fields["usage"].split(",")))
    root, following = facts.root_issuer, facts.next_issuer
    if isinstance(root, IssuerFacts) and root.issuer_id == issuer_id:
        return replace(facts, root_issuer=replace(root, usages=usages))
    if isinstance(following, IssuerFacts) and following.issuer_id == issuer_id:
        return replace(facts, next_issuer=replace(following, usages=usages))
    raise RefusedByVaultError(f"cannot {action}: there is no such issuer")


def revoke(facts: VaultFacts, action: Action) -> VaultFacts:
    """Let the root in use never sign again; the other one is never revoked."""
    issuer_id, root = action.wanted.path.partition("/issuer/")[2], facts.root_issuer
    if isinstance(root, IssuerFacts) and root.issuer_id == issuer_id:
        return replace(facts, root_issuer=replace(root, is_revoked=True))
    raise RefusedByVaultError(f"cannot {action}: it is not the one in use")


def _build_issuer(certificate: Certificate, *, name: str) -> IssuerFacts:
    return IssuerFacts(
        issuer_id=MADE_ISSUER_ID,
        issuer_name=name,
        certificate=certificate,
        has_key=True,
        key_id=MADE_KEY_ID,
        usages=_ALL,
    )

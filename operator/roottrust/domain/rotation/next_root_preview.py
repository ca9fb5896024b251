"""The next root as it will be once it is made, for whoever is shown a plan before it is applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from roottrust.domain.action import Action
from roottrust.domain.certificate import Certificate, render_common_name
from roottrust.domain.facts import IssuerFacts, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.rotation.next_root_place import build_wish
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget
from roottrust.domain.vault_object import VaultKind


def assume_next(snapshot: Snapshot, actions: Iterable[Action], *, issuer_id: str) -> Snapshot:
    """Return the snapshot after the writes that make the next root; `issuer_id` stands for ids."""
    for action in actions:
        snapshot = replace(snapshot, facts=_apply(snapshot, action, issuer_id))
    return snapshot


def build_made_certificate(root: RootTarget, *, now: datetime, text: str) -> Certificate:
    """Return a root as Vault makes it (pki root/generate); `text` stands for what is random."""
    name = render_common_name(root.common_name)
    return Certificate(
        pem=text,
        subject=name,
        common_name=root.common_name,
        issuer=name,
        fingerprint=text,
        serial=text,
        not_before=now,
        not_after=now + timedelta(days=root.ttl_days),
        is_ca=True,
        path_length=None,
        is_self_signed=True,
        key_type=root.key_type,
        key_usages=frozenset({"key_cert_sign", "crl_sign"}),
        signature_hash="sha256",
    )


def _apply(snapshot: Snapshot, action: Action, issuer_id: str) -> VaultFacts:
    facts, rotation = snapshot.facts, snapshot.target.rotation
    if rotation is None:
        return facts
    wish = build_wish(rotation)
    match action.wanted.kind:
        case VaultKind.ROOT:
            named = replace(wish, common_name=action.wanted.extra["common_name"])
            made = build_made_certificate(named, now=snapshot.now, text=issuer_id)
            issuer = _build_issuer(made, issuer_id, name=wish.issuer or "")
            return replace(facts, next_issuer=issuer)
        case VaultKind.ROOT_IMPORT:
            return _import(facts, snapshot, issuer_id)
        case VaultKind.ISSUER_NAME:
            known = action.wanted.path.rpartition("/")[2]
            found = next((each for each in facts.beside if each.issuer_id == known), None)
            named_issuer = replace(found, issuer_name=wish.issuer or "") if found else None
            return replace(facts, next_issuer=named_issuer)
        case _:
            return facts


def _import(facts: VaultFacts, snapshot: Snapshot, issuer_id: str) -> VaultFacts:
    secret, found = snapshot.root_secret, facts.next_issuer
    if not isinstance(secret, ImportedRoot):
        return facts
    if isinstance(found, IssuerFacts):
        return replace(facts, next_issuer=replace(found, has_key=True))
    unnamed = _build_issuer(secret.certificate, issuer_id, name="")
    return replace(facts, beside=(*facts.beside, unnamed))


def _build_issuer(certificate: Certificate, issuer_id: str, *, name: str) -> IssuerFacts:
    return IssuerFacts(
        issuer_id=issuer_id,
        issuer_name=name,
        certificate=certificate,
        has_key=True,
        key_id=issuer_id,
    )

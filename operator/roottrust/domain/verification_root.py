"""Whether the pinned root is sound, is the one that a person trusts, and is Vault's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.chain_check import find_chain_fault
from roottrust.domain.facts import Unread
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY
from roottrust.domain.subject_key import encode_key
from roottrust.domain.verification import (
    Check,
    Finding,
    Pinned,
    Place,
    describe_certificate,
    describe_roots,
    read_roots,
    show_day,
)

PINNED = Place(check=Check.PINNED_ROOT, subject="spec.trustBundle")

_REACH_VAULT = (
    "Say by VAULT_ADDR or --vault-endpoint where Vault is reached from here, and by VAULT_CACERT "
    "its CA; or leave this out by --skip vault."
)
_PLAIN = (
    "It was read by plain HTTP, where anybody on the way can answer: let Vault serve TLS, or give "
    "the root by --root."
)
_TELL_HUB = "See `kubectl describe rtp` of its policy: the hub alone writes spec.trustBundle."


@dataclass(frozen=True, kw_only=True)
class VaultRoot:
    """What a Vault has where the intermediates are signed.

    `issuer` is None where Vault has no such issuer, `default` what its mount has instead, if that
    is known. `is_plain` says that it was read by plain HTTP.
    """

    path: str
    issuer: Certificate | None
    default: Certificate | None = None
    is_plain: bool = False


def judge_pinned(
    text: str, *, given: tuple[Certificate, ...] | None, now: datetime
) -> tuple[Pinned | None, Finding]:
    """Return the pinned root, None if it cannot be one, and what is to be said of it.

    `given` is the root that a person trusts, None if they named none.
    """
    roots = read_roots(text)
    if isinstance(roots, str):
        return None, PINNED.build_different(
            "is no certificate", f"The pinned root cannot be read: {roots}.", _TELL_HUB
        )
    pinned = Pinned(text=text, roots=roots)
    fault = next((each for root in roots if (each := _find_fault(root, now=now))), None)
    if fault is not None:
        return pinned, PINNED.build_different(describe_roots(roots), fault, _TELL_HUB)
    if given is not None and {each.fingerprint for each in given} != set(pinned.fingerprints):
        message = f"The pinned root is not the given one, which is {describe_roots(given)}."
        step = "Find out which of the two is right before anything else: nothing here is verified."
        return pinned, PINNED.build_different(describe_roots(roots), message, step)
    facts = {"fingerprint": pinned.fingerprints[0], "notAfter": roots[0].not_after.isoformat()}
    told = f"{describe_roots(roots)}, {show_day(roots[0])}"
    return pinned, PINNED.build_ok(told, facts=facts, warnings=tuple(_list_warnings(roots, now)))


def judge_vault_root(
    pinned: Pinned,
    cross_certificates: str | None,
    observed: VaultRoot | Unread,
    *,
    subject: str,
    now: datetime,
) -> Finding:
    """Compare the issuer that agents are to be signed by with the pinned root."""
    place = Place(check=Check.VAULT_ROOT, subject=subject)
    if isinstance(observed, Unread):
        return place.build_unknown(observed.error, _REACH_VAULT)
    issuer = observed.issuer
    if issuer is None:
        return _build_missing(place, observed)
    facts = {"fingerprint": issuer.fingerprint, "notAfter": issuer.not_after.isoformat()}
    told = describe_certificate(issuer)
    is_crossed = _is_crossed(issuer, pinned, cross_certificates, now=now)
    if issuer.fingerprint not in pinned.fingerprints and not is_crossed:
        return place.build_different(
            told,
            f"The issuer {observed.path} in Vault is another root than the pinned one.",
            "Give Vault the pinned root back, or rotate the root: istiod does not use what another "
            "root signs.",
            facts=facts,
        )
    warnings = (_PLAIN,) if observed.is_plain else ()
    return place.build_ok(
        f"{told}, cross-signed" if is_crossed else told, facts=facts, warnings=warnings
    )


def _find_fault(root: Certificate, *, now: datetime) -> str | None:
    """Return why a certificate can be no root, as a sentence."""
    if not root.is_self_signed:
        return f"The pinned {root.subject!r} is not self-signed, so it is no root."
    fault = find_chain_fault((root,), (root,), now=now)
    if fault is None and not root.is_ca:
        fault = f"{root.subject!r} is no CA"
    return f"The pinned root cannot be used: {fault}." if fault else None


def _list_warnings(roots: tuple[Certificate, ...], now: datetime) -> Iterator[str]:
    for root in roots:
        if root.not_after - now <= WARN_BEFORE_EXPIRY:
            yield f"{describe_certificate(root)} ends soon ({show_day(root)}): rotate the root."


def _is_crossed(
    issuer: Certificate, pinned: Pinned, cross_certificates: str | None, *, now: datetime
) -> bool:
    """Tell whether a pinned root vouches for the issuer's key, as while a root is rotated."""
    crossed = read_roots(cross_certificates or "")
    if isinstance(crossed, str):
        return False
    key = encode_key(issuer)
    return any(
        encode_key(each) == key and find_chain_fault((each,), pinned.roots, now=now) is None
        for each in crossed
    )


def _build_missing(place: Place, observed: VaultRoot) -> Finding:
    has = f" Its mount has {describe_certificate(observed.default)}." if observed.default else ""
    return place.build_different(
        describe_certificate(observed.default) if observed.default else "is not there",
        f"Vault has no issuer {observed.path}: the root was removed or exchanged.{has}",
        "Give Vault the pinned root back: until then no intermediate can be renewed.",
    )

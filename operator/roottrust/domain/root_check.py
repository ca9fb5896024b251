"""Whether a certificate can be the root of meshes, and how long intermediates under it may live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from roottrust.domain.certificate import Certificate
from roottrust.domain.duration import SECONDS_PER_DAY
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.root_remedy import Remedy

WARN_BEFORE_EXPIRY = timedelta(days=90)

_DAY = timedelta(days=1)
_WEEK_DAYS = 7
# At a whole number of weeks, so that the decision never rises as the root's end comes near.
_DAILY_BELOW_DAYS = 9 * _WEEK_DAYS
_RSA_MIN_BITS = 2048
_ECDSA_KEYS = frozenset({"ecdsa-p256", "ecdsa-p384", "ecdsa-p521"})
_WEAK_HASHES = frozenset({"md5", "sha1"})


@dataclass(frozen=True, kw_only=True)
class RootFault:
    """Why a root cannot be used; the message says what to do next."""

    reason: Reason
    message: str


@dataclass(frozen=True, kw_only=True)
class TtlDecision:
    """The life of the next intermediates in whole days, and what made it shorter than wanted."""

    days: int
    limited_by: Literal["root", "mount"] | None

    @property
    def is_possible(self) -> bool:
        """Tell whether an intermediate can be issued at all."""
        return self.days > 0


def find_root_fault(
    root: Certificate, *, now: datetime, has_key: bool, remedy: Remedy
) -> RootFault | None:
    """Return the first thing that forbids to use a root, None if there is none.

    `has_key` tells whether Vault holds its private key, `remedy` what can be done.
    """
    message = (
        _find_fault_of_kind(root, remedy)
        or _find_fault_of_extensions(root, remedy)
        or _find_fault_of_key(root, remedy)
        or _find_fault_of_time(root, remedy, now=now)
        or _find_fault_of_custody(remedy, has_key=has_key)
    )
    return RootFault(reason=Reason.ROOT_NOT_USABLE, message=message) if message else None


def find_root_warnings(root: Certificate, *, now: datetime, remedy: Remedy) -> tuple[str, ...]:
    """Return what is no hindrance today but should be mended with the next root."""
    return tuple(_list_warnings(root, now, remedy))


def compute_ttl_days(
    *, wanted_days: int, root_not_after: datetime, now: datetime, mount_max_seconds: int | None
) -> TtlDecision:
    """Return how many days an intermediate may live; not positive if the root ends too soon.

    One day is kept back, so that the root outlives what is issued until the next look at it. A
    Vault policy pins the answer: it changes only where the root's end sets it, and then once a
    week, while that end is nine weeks away or more, and daily after.
    """
    root_days = (root_not_after - now) // _DAY - 1
    if root_days < wanted_days:
        root_days = _round_down(root_days)
    mount_days = None if mount_max_seconds is None else mount_max_seconds // SECONDS_PER_DAY
    if mount_days is not None and mount_days < min(wanted_days, root_days):
        return TtlDecision(days=mount_days, limited_by="mount")
    if root_days < wanted_days:
        return TtlDecision(days=root_days, limited_by="root")
    return TtlDecision(days=wanted_days, limited_by=None)


def _round_down(days: int) -> int:
    return days if days < _DAILY_BELOW_DAYS else days - days % _WEEK_DAYS


def _find_fault_of_kind(root: Certificate, remedy: Remedy) -> str | None:
    if not root.is_ca:
        return (
            f"The certificate {root.subject!r} is not a CA's (no CA:TRUE; the openssl of macOS "
            f"makes such ones): {remedy.replace}."
        )
    if root.subject == root.issuer and not root.is_self_signed:
        return f"The CA {root.subject!r} is not signed with its own key: {remedy.replace}."
    if not root.is_self_signed:
        return (
            f"The CA {root.subject!r} is an intermediate issued by {root.issuer!r}, no root: "
            f"{remedy.replace}."
        )
    return None


def _find_fault_of_extensions(root: Certificate, remedy: Remedy) -> str | None:
    if root.path_length == 0:
        return (
            f"The root {root.subject!r} forbids intermediates (path length 0; it needs 1 or more, "
            f"or none): {remedy.replace}."
        )
    if not root.allows_signing:
        return (
            f"The key usage of the root {root.subject!r} forbids signing certificates (it lacks "
            f"keyCertSign): {remedy.replace}."
        )
    return None


def _find_fault_of_key(root: Certificate, remedy: Remedy) -> str | None:
    if root.key_type in _ECDSA_KEYS or root.key_type == "ed25519":
        return None
    bits = root.key_type.removeprefix("rsa-")
    if bits.isdigit() and int(bits) >= _RSA_MIN_BITS:
        return None
    return (
        f"The key of the root {root.subject!r} ({root.key_type}) is one that Envoy or istiod "
        f"refuses (RSA of 2048 bits or more, ECDSA P-256 or P-384 will do): {remedy.replace}."
    )


def _find_fault_of_time(root: Certificate, remedy: Remedy, *, now: datetime) -> str | None:
    if now < root.not_before:
        return (
            f"The root {root.subject!r} is valid only from {show_time(root.not_before)}: "
            "wait, or check the clocks."
        )
    if now >= root.not_after:
        return (
            f"The root {root.subject!r} expired at {show_time(root.not_after)}: {remedy.replace}."
        )
    return None


def _find_fault_of_custody(remedy: Remedy, *, has_key: bool) -> str | None:
    if has_key:
        return None
    return (
        "Vault holds the root's certificate but not its private key, and cannot sign: "
        f"{remedy.key}."
    )


def _list_warnings(root: Certificate, now: datetime, remedy: Remedy) -> Iterator[str]:
    if not root.subject:
        yield "The root has an empty subject, which RFC 5280 forbids: some TLS libraries refuse it."
    if root.key_usages is None:
        yield "The root has no key usage: Vault cannot sign revocation lists with it."
    elif "crl_sign" not in root.key_usages:
        yield "The root's key usage lacks cRLSign: Vault cannot sign revocation lists with it."
    if root.signature_hash in _WEAK_HASHES:
        yield f"The root is signed with {root.signature_hash}, which some TLS libraries refuse."
    if root.key_type == "ed25519":
        yield "The root's key is Ed25519, which Envoy may refuse in certificate chains."
    if root.not_after - now <= WARN_BEFORE_EXPIRY:
        yield f"The root expires at {show_time(root.not_after)}: {remedy.renew}."

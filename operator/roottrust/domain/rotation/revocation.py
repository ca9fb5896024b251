"""Which intermediates of a cluster are to be revoked: those from before, and never one in use.

Pure. That an intermediate is from before is told by when it begins: what an agent has obtained and
not told yet is younger than what it told last, and what a new agent has obtained has had its time
to be told (`is_settled`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.certificate_path import is_issued_by
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.rotation.served_intermediates import ServedCluster
from roottrust.domain.rotation.unseen import SignedCertificate

# An agent tells what it has obtained within seconds, and tries again every five. Vault has
# certificates begin half a minute before they are made.
SETTLE_TIME = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class SignedIntermediate:
    """An intermediate that a mount has signed; `serial` is as Vault writes it."""

    serial: str
    common_name: str
    certificate: Certificate
    is_revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class RevocationDecision:
    """The living intermediates from before: to be revoked, revoked, and those that may be others'.

    The last are younger than what an istiod of another policy serves, whose they may be.
    """

    revoke: tuple[SignedIntermediate, ...] = ()
    revoked: tuple[SignedIntermediate, ...] = ()
    doubtful: tuple[SignedIntermediate, ...] = ()

    @property
    def all(self) -> tuple[SignedIntermediate, ...]:
        """All that are compromised."""
        return (*self.revoke, *self.revoked, *self.doubtful)

    @property
    def left(self) -> tuple[SignedIntermediate, ...]:
        """Those that are not revoked."""
        return (*self.revoke, *self.doubtful)


def find_intermediate(signed: SignedCertificate) -> SignedIntermediate | None:
    """Return the intermediate that a certificate is, None for a root, a workload's and the like.

    What cannot be read is nobody's to revoke.
    """
    try:
        found = parse_certificate(signed.pem)
    except UnreadableCertificateError:
        return None
    if not found.is_ca or found.is_self_signed:
        return None
    if found.common_name is None:
        return None
    return SignedIntermediate(
        serial=signed.serial,
        common_name=found.common_name,
        certificate=found,
        is_revoked=signed.is_revoked,
    )


def decide_revocation(
    found: Iterable[SignedIntermediate],
    served: ServedCluster,
    *,
    cluster: str,
    issued_before: datetime,
    now: datetime,
) -> RevocationDecision:
    """Return what to revoke of what a mount has signed; `issued_before` is where generations part.

    It only makes sense where nothing is waited for of what is served.
    """
    name, in_use = build_intermediate_common_name(cluster), served.in_use
    living = [
        each
        for each in found
        if each.common_name == name
        and each.certificate.not_after > now
        and each.certificate.not_before < issued_before
        and each.certificate.fingerprint not in in_use
    ]
    ordered = sorted(living, key=lambda each: (each.certificate.not_before, each.serial))
    left = [each for each in ordered if not each.is_revoked]
    others = served.others_begin
    sure = [each for each in left if others is None or each.certificate.not_before < others]
    return RevocationDecision(
        revoke=tuple(sure),
        revoked=tuple(each for each in ordered if each.is_revoked),
        doubtful=tuple(each for each in left if each not in sure),
    )


def is_settled(
    issued_before: datetime, *, now: datetime, settle_time: timedelta = SETTLE_TIME
) -> bool:
    """Whether each agent has had its time to tell what it had obtained before that."""
    return now - issued_before >= settle_time


def find_trusted(
    intermediates: Iterable[SignedIntermediate], roots: Iterable[Certificate]
) -> tuple[SignedIntermediate, ...]:
    """Return those that one of the roots has signed: the others are trusted by nobody."""
    known = tuple(roots)
    return tuple(
        each
        for each in intermediates
        if any(is_issued_by(each.certificate, root) for root in known)
    )

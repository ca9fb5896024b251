"""What `roottrust verify` finds out about one mesh: one finding for each thing that was looked at.

The judgements are in the modules verification_*: what was observed goes in, findings come out, and
nothing that others wrote makes them fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.errors import RootTrustError
from roottrust.domain.names import build_istiod_host
from roottrust.domain.published_root import is_istiods_own
from roottrust.domain.redaction import build_one_line

_FINGERPRINT_SHOWN = 16
_SUBJECT_SHOWN = 60


class Check(StrEnum):
    """What is compared with the pinned root, in the order in which it is shown."""

    PINNED_ROOT = "PinnedRoot"
    VAULT_ROOT = "VaultRoot"
    AGENT = "Agent"
    SERVED_CHAIN = "ServedChain"
    NAMESPACES = "Namespaces"
    WORKLOAD_CERTIFICATE = "WorkloadCertificate"


class Outcome(StrEnum):
    """What came of a check; one that could not be made is Unknown, and never as good as OK."""

    OK = "OK"
    DIFFERENT = "Different"
    UNKNOWN = "Unknown"
    SKIPPED = "Skipped"


class Result(StrEnum):
    """What came of all of them."""

    VERIFIED = "Verified"
    INCOMPLETE = "Incomplete"
    DIFFERENCES = "Differences"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row: `subject` is what was looked at, `told` what it is like, in a few words.

    `message` says what is wrong, or why it is not known, and `next_step` what to do then. `names`
    are the objects that are concerned, `facts` more of what was seen, for programs.
    """

    check: Check
    subject: str
    outcome: Outcome
    told: str
    message: str = ""
    next_step: str = ""
    names: tuple[str, ...] = ()
    facts: Mapping[str, str | int | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """The root that all else is compared with: the text of root-cert.pem and what is in it."""

    text: str
    roots: tuple[Certificate, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The roots in their order."""
        return tuple(each.fingerprint for each in self.roots)


@dataclass(frozen=True, kw_only=True)
class VerifiedMesh:
    """Whose trust is verified; `trust_domain` is None where its Mesh does not tell it."""

    cluster: str
    namespace: str
    deployment: str
    pinned: Pinned
    trust_domain: str | None = None

    @property
    def host(self) -> str:
        """The name that every istiod of the namespace serves (istio: bootstrap getDNSNames)."""
        return build_istiod_host(self.namespace)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a check looks; with it, what makes it unknown, skipped or different is told at once."""

    check: Check
    subject: str

    def build_ok(
        self,
        told: str,
        *,
        facts: Mapping[str, str | int | None] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Finding:
        """Return that it is as it should be."""
        return Finding(
            check=self.check,
            subject=self.subject,
            outcome=Outcome.OK,
            told=told,
            facts=facts or {},
            warnings=warnings,
        )

    def build_different(
        self,
        told: str,
        message: str,
        next_step: str,
        *,
        names: tuple[str, ...] = (),
        facts: Mapping[str, str | int | None] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Finding:
        """Return that it is not."""
        return Finding(
            check=self.check,
            subject=self.subject,
            outcome=Outcome.DIFFERENT,
            told=told,
            message=message,
            next_step=next_step,
            names=names,
            facts=facts or {},
            warnings=warnings,
        )

    def build_unknown(self, why: RootTrustError | str, next_step: str = "") -> Finding:
        """Return that it could not be found out, and why."""
        message = why if isinstance(why, str) else why.message
        return Finding(
            check=self.check,
            subject=self.subject,
            outcome=Outcome.UNKNOWN,
            told="could not be checked",
            message=message,
            next_step=next_step,
        )

    def build_skipped(self) -> Finding:
        """Return that nobody wanted it."""
        return Finding(
            check=self.check, subject=self.subject, outcome=Outcome.SKIPPED, told="skipped"
        )


def judge_all(outcomes: Iterable[Outcome]) -> Result:
    """Return what all findings come to: a proven difference goes before what is not known."""
    found = frozenset(outcomes)
    if Outcome.DIFFERENT in found:
        return Result.DIFFERENCES
    if Outcome.UNKNOWN in found or Outcome.OK not in found:
        return Result.INCOMPLETE
    return Result.VERIFIED


def read_roots(text: str) -> tuple[Certificate, ...] | str:
    """Return the certificates of a bundle, or why there are none, as a clause."""
    try:
        return parse_certificates(text)
    except UnreadableCertificateError as error:
        return str(error).rstrip(".")


def describe_certificate(certificate: Certificate) -> str:
    """Return a certificate in a few words: others wrote its subject."""
    subject = build_one_line(certificate.subject, limit=_SUBJECT_SHOWN) or "no subject"
    return f"{subject}, SHA-256 {certificate.fingerprint[:_FINGERPRINT_SHOWN]}…"


def describe_roots(roots: tuple[Certificate, ...]) -> str:
    """Return a bundle in a few words."""
    return " and ".join(describe_certificate(each) for each in roots)


def is_made_by_istiod(root: Certificate, trust_domain: str | None) -> bool:
    """Tell whether istiod made a root when it found no CA files, for this mesh if that is known."""
    return is_istiods_own(root) and trust_domain in {None, root.subject.removeprefix("O=")}


def show_day(certificate: Certificate) -> str:
    """Return until when it is valid, as tables show it."""
    return f"until {certificate.not_after:%Y-%m-%d %H:%M}Z"

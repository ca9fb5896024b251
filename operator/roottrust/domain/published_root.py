"""The root that istiod publishes in a cluster, and the one that an agent is about to begin with.

istiod takes any root when it starts, and its peers keep what they have mounted for up to minutes:
one that starts with another root than the published one cuts them off (ADR 18).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)

# istiod's own CA (security/pkg/pki/ca): its trust domain is the organization, and nothing else.
_ISTIOD_SUBJECT = re.compile(r"O=[^,+=]+")
_SHOWN = 12


class RootStanding(StrEnum):
    """How the root of an agent stands to the published one."""

    FIRST = "First"  # nothing is published that anybody could trust
    KNOWN = "Known"  # peers know one of the agent's roots
    REPLACES_ISTIODS_OWN = "ReplacesIstiodsOwn"
    FOREIGN = "Foreign"


@dataclass(frozen=True, kw_only=True)
class RootComparison:
    """What was found; `published` is one line about what is there, empty for nothing."""

    standing: RootStanding
    published: str = ""


def compare_with_published(published: str | None, *, pinned: str) -> RootComparison:
    """Compare the text of `istio-ca-root-cert` with the pinned trust bundle.

    Raises UnreadableCertificateError for a pinned bundle that is none.
    """
    ours = {root.fingerprint for root in parse_certificates(pinned)}
    if published is None:
        return RootComparison(standing=RootStanding.FIRST)
    try:
        theirs = parse_certificates(published)
    except UnreadableCertificateError as error:
        return RootComparison(standing=RootStanding.FIRST, published=f"no root: {error}")
    text = ", ".join(_describe(root) for root in theirs)
    if any(root.fingerprint in ours for root in theirs):
        return RootComparison(standing=RootStanding.KNOWN, published=text)
    if all(is_istiods_own(root) for root in theirs):
        return RootComparison(standing=RootStanding.REPLACES_ISTIODS_OWN, published=text)
    return RootComparison(standing=RootStanding.FOREIGN, published=text)


def shares_root(one: str, other: str) -> bool:
    """Tell whether two trust bundles have a root in common; one that is unreadable has none."""
    try:
        return not _read_fingerprints(one).isdisjoint(_read_fingerprints(other))
    except UnreadableCertificateError:
        return False


def is_istiods_own(root: Certificate) -> bool:
    """Tell whether istiod made this root for itself, having found no CA when it started."""
    return root.is_self_signed and is_name_of_istiods_own(root.subject)


def is_name_of_istiods_own(subject: str) -> bool:
    """Tell whether a subject (RFC 4514) is as istiod makes it."""
    return _ISTIOD_SUBJECT.fullmatch(subject) is not None


def _read_fingerprints(bundle: str) -> frozenset[str]:
    return frozenset(root.fingerprint for root in parse_certificates(bundle))


def _describe(root: Certificate) -> str:
    return f"{root.subject} ({root.fingerprint[:_SHOWN]})"

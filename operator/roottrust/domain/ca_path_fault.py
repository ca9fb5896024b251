"""Why an intermediate does not lead to the pinned root, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roottrust.domain.certificate import Certificate
from roottrust.domain.certificate_path import find_top
from roottrust.domain.reasons import Reason

_SHOWN = 12
_REMEDY = (
    "see that caPath of the RootTrustPolicy names the issuer whose root is pinned, and that the "
    "root was not exchanged in Vault"
)


@dataclass(frozen=True, kw_only=True)
class PathFault:
    """What is wrong with the chain; the message says what to do next."""

    reason: Reason
    message: str


def find_path_fault(
    intermediate: Certificate, *, between: Sequence[Certificate], roots: Sequence[Certificate]
) -> PathFault:
    """Explain an intermediate from which no path leads to any of the roots."""
    if intermediate.is_self_signed:
        return _build(Reason.FOREIGN_ROOT, f"{_name(intermediate)} is a root, no intermediate")
    if not any(root.is_self_signed for root in roots):
        return PathFault(
            reason=Reason.INVALID_TRUST_BUNDLE,
            message="No certificate in the pinned trust bundle is self-signed: set the root of the "
            "RootTrustPolicy to a root CA, for an intermediate must not be one.",
        )
    top = find_top(intermediate, between)
    if top.is_self_signed:
        return _build(
            Reason.FOREIGN_ROOT,
            f"The intermediate leads to the root {_name(top)}, which is not pinned",
        )
    for root in roots:
        if root.subject == top.issuer:
            return _explain_namesake(top, root)
    return _build(
        Reason.CHAIN_INCOMPLETE,
        f"The issuer {top.issuer!r} of {_name(top)} is neither pinned nor did Vault show it",
    )


def _explain_namesake(top: Certificate, root: Certificate) -> PathFault:
    """Explain a pinned root that has the name of the issuer in words, but did not issue."""
    return _build(
        Reason.FOREIGN_ROOT,
        f"{_name(top)} names {root.subject!r} as its issuer, but the pinned root of that name "
        f"({root.fingerprint[:_SHOWN]}) did not sign it, or its name is encoded in other bytes, "
        "which istiod takes for another name",
    )


def _name(certificate: Certificate) -> str:
    return f"{certificate.subject!r} ({certificate.fingerprint[:_SHOWN]})"


def _build(reason: Reason, what: str) -> PathFault:
    return PathFault(reason=reason, message=f"{what}: {_REMEDY}.")

"""What istiod's CA means by an answer that is no certificate, as one of the product's errors."""

from __future__ import annotations

from grpclib import GRPCError, Status

from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_one_line

_DENIED = frozenset({Status.UNAUTHENTICATED, Status.PERMISSION_DENIED})
_PASSING = frozenset({Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED})


def classify_refusal(refusal: GRPCError, *, name: str) -> RootTrustError:
    """Return the error that an answer of istiod's CA which is no certificate means."""
    said = build_one_line(refusal.message or refusal.status.name)
    if refusal.status in _DENIED:
        return AccessDeniedError(
            f"{name} refused the token of the probe ({said}): see in its log whether it may review "
            "tokens.",
            reason=Reason.ACCESS_DENIED,
            path="istio.v1.auth.IstioCertificateService",
            capability="CreateCertificate",
        )
    if refusal.status in _PASSING:
        return TransientError(
            f"{name} did not answer in time ({said}).", reason=Reason.ISTIOD_UNREACHABLE
        )
    return DependencyMissingError(
        f"{name} issues no certificates ({said}): see its log.", reason=Reason.ISTIOD_REFUSED
    )

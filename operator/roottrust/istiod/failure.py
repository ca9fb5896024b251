"""The one place that puts failures of connections to istiod into the product's error classes."""

from __future__ import annotations

from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.http.failure import describe_failure, find_certificate_refusal


def classify_connection_failure(failure: BaseException, *, name: str) -> RootTrustError:
    """Return the error that a connection which came to nothing means; raise it `from None`."""
    refusal = find_certificate_refusal(failure)
    if refusal is not None:
        return DependencyMissingError(
            f"The certificate of {name} is not trusted by workloads ({refusal}).",
            reason=Reason.ISTIOD_UNTRUSTED,
        )
    return TransientError(
        f"{name} cannot be reached: {describe_failure(failure)}.",
        reason=Reason.ISTIOD_UNREACHABLE,
    )

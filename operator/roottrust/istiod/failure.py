"""The one place that puts failures of connections to istiod into the product's error classes."""

from __future__ import annotations

import socket
import ssl

from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.reasons import Reason


def classify_connection_failure(failure: BaseException, *, name: str) -> RootTrustError:
    """Return the error that a connection which came to nothing means; raise it `from None`."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return DependencyMissingError(
            f"The certificate of {name} is not trusted by workloads ({failure.verify_message}).",
            reason=Reason.ISTIOD_UNTRUSTED,
        )
    if isinstance(failure, TimeoutError):
        detail = "no answer in time"
    elif isinstance(failure, socket.gaierror):
        detail = "its name does not resolve"
    elif isinstance(failure, ConnectionRefusedError):
        detail = "connection refused"
    elif isinstance(failure, ssl.SSLError):
        detail = "TLS failed"
    else:
        detail = "the connection failed"
    return TransientError(f"{name} cannot be reached: {detail}.", reason=Reason.ISTIOD_UNREACHABLE)

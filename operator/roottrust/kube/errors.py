"""The one place that puts failures of Kubernetes API servers into the product's error classes."""

from __future__ import annotations

import ssl

import aiohttp

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.answer_error import RefusedError, classify_status

__all__ = ["RefusedError", "classify_status", "classify_transport_failure"]


def classify_transport_failure(failure: BaseException, *, server: str) -> TransientError:
    """Return the error that a request which got no answer means; raise it `from None`."""
    if isinstance(failure, aiohttp.ClientConnectorCertificateError):
        refused = failure.certificate_error
        why = getattr(refused, "verify_message", type(refused).__name__)
        detail = f"its TLS certificate is not trusted ({why})"
    elif isinstance(failure, TimeoutError):
        detail = "no answer in time"
    elif isinstance(failure, aiohttp.ClientConnectorDNSError):
        detail = "its name does not resolve"
    elif isinstance(failure, aiohttp.ClientSSLError | ssl.SSLError):
        detail = "TLS failed"
    elif isinstance(getattr(failure, "os_error", failure), ConnectionRefusedError):
        detail = "connection refused"
    else:
        detail = "the connection failed"
    return TransientError(
        f"The API server {server} cannot be reached: {detail}.", reason=Reason.API_UNREACHABLE
    )

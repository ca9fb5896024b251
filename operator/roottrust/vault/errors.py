"""The one place that puts failures of Vault into the error classes of the product.

Only the status, Retry-After and Vault's own `errors` list are looked at; answers that could hold
secrets never get into an exception.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_sentence
from roottrust.http.failure import describe_failure, find_certificate_refusal
from roottrust.vault.connection import OPERATOR_TRUST_HINT

CREATE_OR_UPDATE = "create/update"

_ALREADY_THERE = re.compile(r"already in use|already exists|existing mount at", re.IGNORECASE)
_SEALED = re.compile(r"\bsealed\b", re.IGNORECASE)
_NO_ACTIVE_NODE = re.compile(r"local node not active|active cluster node not found", re.IGNORECASE)
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def is_denied(status: int) -> bool:
    """Whether Vault refused the token or what it may do."""
    return status in _DENIED


def classify_status(
    status: int,
    *,
    errors: tuple[str, ...],
    retry_after_seconds: float | None,
    address: str,
    path: str,
    capability: str,
) -> RootTrustError:
    """Return the error that an unsuccessful answer of Vault means."""
    if is_denied(status):
        return build_access_denied(path=path, capability=capability, address=address)
    text = "; ".join(errors)
    transient = _classify_transient(status, text=text, address=address)
    if transient is not None:
        reason, message = transient
        return TransientError(message, reason=reason, retry_after_seconds=retry_after_seconds)
    if _ALREADY_THERE.search(text):
        return ConflictError(
            f"Vault {address} has something else at {path}: {build_sentence(text)}",
            reason=Reason.CONFLICT,
        )
    said = build_sentence(errors[0] if errors else f"HTTP {status}")
    return DependencyMissingError(
        f"Vault {address} rejected {capability} on {path}: {said}",
        reason=Reason.REJECTED_BY_VAULT,
    )


def build_access_denied(*, path: str, capability: str, address: str) -> AccessDeniedError:
    """Return the refusal that says which capability on which path to grant."""
    return AccessDeniedError(
        f"Vault {address} denied {capability} on {path}: grant it in the policy of the operator's "
        "Vault role.",
        reason=Reason.ACCESS_DENIED,
        path=path,
        capability=capability,
    )


def _classify_transient(status: int, *, text: str, address: str) -> tuple[Reason, str] | None:
    """Return reason and message of an answer that time will change."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE and _SEALED.search(text):
        return Reason.SEALED, f"Vault {address} is sealed: unseal it."
    if status in {HTTPStatus.TEMPORARY_REDIRECT, 472, 473} or _NO_ACTIVE_NODE.search(text):
        return (
            Reason.STANDBY,
            f"Vault {address} is a standby that forwards nothing: configure the active node.",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        what = f"Vault {address} redirects (HTTP {status}), which is never followed"
        return Reason.UNREACHABLE, f"{what}: configure where it is itself."
    if status == HTTPStatus.NOT_IMPLEMENTED:
        return Reason.NOT_INITIALIZED, f"Vault {address} is not initialized: initialize it."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Reason.RATE_LIMITED, f"Vault {address} limits our rate of requests."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.PRECONDITION_FAILED:
        said = f": {build_sentence(text)}" if text else "."
        return Reason.SERVER_ERROR, f"Vault {address} answered HTTP {status}{said}"
    return None


def classify_transport_failure(
    failure: Exception,
    *,
    address: str,
    timeout_seconds: float,
    trust_hint: str = OPERATOR_TRUST_HINT,
) -> TransientError:
    """Return the error that a request which got no answer means.

    Raise it `from None`: the original may hold the request's headers.
    """
    refusal = find_certificate_refusal(failure)
    if refusal is not None:
        return TransientError(
            f"The TLS certificate of Vault {address} is not trusted ({refusal}): "
            f"{trust_hint}, or renew the certificate.",
            reason=Reason.UNTRUSTED_CERTIFICATE,
        )
    detail = describe_failure(failure, timeout_seconds=timeout_seconds)
    return TransientError(
        f"Vault {address} cannot be reached: {detail}.", reason=Reason.UNREACHABLE
    )

"""The one place that puts failures of API servers into the product's error classes.

Whichever client has asked: an agent's is another one than the operator's.
"""

from __future__ import annotations

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

OPERATOR_ACCOUNT = "the operator's ServiceAccount"

# What the API server says when a `test` of a JSON patch fails; invalid objects are told by name.
_FAILED_TEST = "the server rejected our request due to an error in our request"

# Server-side apply answers 500 to an object that the schema does not fit.
_UNFIT_OBJECT = "failed to create typed patch object"

# 410: the list changed too much while it was read page by page.
_PASSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.GONE, HTTPStatus.REQUEST_TIMEOUT})


class RefusedError(RootTrustError):
    """The API server understood and refused the object (400, 422): it would again."""


def build_missing(path: str) -> DependencyMissingError:
    """Return the error of a path that must be there, such as that of a kind."""
    return DependencyMissingError(f"{path} is not there.", reason=Reason.API_REFUSED)


def classify_status(
    status: int,
    *,
    message: str,
    retry_after_seconds: float | None,
    verb: str,
    path: str,
    account: str = OPERATOR_ACCOUNT,
) -> RootTrustError:
    """Return the error that an unsuccessful answer means; `account` is who lacks a right."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AccessDeniedError(
            f"The API server denied {verb} on {path}: grant it to {account}.",
            reason=Reason.ACCESS_DENIED,
            path=path,
            capability=verb,
        )
    said = build_sentence(message or f"HTTP {status}")
    is_failed_test = status == HTTPStatus.UNPROCESSABLE_ENTITY and message == _FAILED_TEST
    if status == HTTPStatus.CONFLICT or is_failed_test:
        return ConflictError(f"{verb} on {path} met another writer.", reason=Reason.CONFLICT)
    is_unfit = message.startswith(_UNFIT_OBJECT)
    if status in _PASSING or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_unfit):
        return TransientError(
            f"The API server answered {verb} on {path} with HTTP {status}: {said}",
            reason=Reason.API_UNREACHABLE,
            retry_after_seconds=retry_after_seconds,
        )
    if status == HTTPStatus.NOT_FOUND:
        return DependencyMissingError(
            f"{path} is not there for {verb}: {said}", reason=Reason.API_REFUSED
        )
    return RefusedError(
        f"The API server refused {verb} on {path}: {said}", reason=Reason.API_REFUSED
    )


def classify_transport_failure(
    failure: BaseException, *, server: str, timeout_seconds: float | None = None
) -> TransientError:
    """Return the error that a request which got no answer means; raise it `from None`."""
    refusal = find_certificate_refusal(failure)
    detail = (
        f"its TLS certificate is not trusted ({refusal})"
        if refusal
        else describe_failure(failure, timeout_seconds=timeout_seconds)
    )
    return TransientError(
        f"The API server {server} cannot be reached: {detail}.", reason=Reason.API_UNREACHABLE
    )

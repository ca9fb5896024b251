from __future__ import annotations

import pytest

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.kube.errors import RefusedError, classify_status, classify_transport_failure

FAILED_TEST = "the server rejected our request due to an error in our request"
UNFIT = "failed to create typed patch object (ns/x; a/v1, Kind=X): .spec.n: expected numeric"


def classify(status: int, message: str = "", retry_after: float | None = None) -> RootTrustError:
    return classify_status(
        status,
        message=message,
        retry_after_seconds=retry_after,
        verb="patch",
        path="/apis/a/v1/xs/y",
    )


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "bad", RefusedError),
        (401, "", AccessDeniedError),
        (403, "", AccessDeniedError),
        (404, "", DependencyMissingError),
        (409, "", ConflictError),
        (410, "expired", TransientError),
        (422, "spec.n is invalid", RefusedError),
        (422, FAILED_TEST, ConflictError),
        (429, "", TransientError),
        (500, "etcd is down", TransientError),
        (500, UNFIT, RefusedError),
        (504, "", TransientError),
    ],
)
def test_status_has_its_class(status: int, message: str, kind: type[RootTrustError]) -> None:
    error = classify(status, message)
    assert type(error) is kind
    assert "/apis/a/v1/xs/y" in error.message
    assert error.message.endswith(".")


def test_retry_after_is_kept() -> None:
    error = classify(429, retry_after=4.0)
    assert isinstance(error, TransientError)
    assert error.retry_after_seconds == 4


def test_message_holds_no_secret() -> None:
    token = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"
    assert token not in classify(422, f"invalid value: {token}").message


def test_timeout_is_told() -> None:
    error = classify_transport_failure(TimeoutError(), server="https://api")
    assert error.reason == Reason.API_UNREACHABLE
    assert "no answer in time" in error.message

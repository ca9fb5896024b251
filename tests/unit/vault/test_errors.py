from __future__ import annotations

import ssl

import pytest
import requests

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.vault.errors import classify_status, classify_transport_failure

TOKEN = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"


def classify(
    status: int, *errors: str, retry_after: float | None = None, capability: str = "read"
) -> RootTrustError:
    return classify_status(
        status,
        errors=errors,
        retry_after_seconds=retry_after,
        address="https://vault",
        path="pki/x",
        capability=capability,
    )


@pytest.mark.parametrize(
    ("status", "errors", "kind", "reason"),
    [
        (400, ["path is already in use at pki/"], ConflictError, Reason.CONFLICT),
        (400, ["issuer name already in use"], ConflictError, Reason.CONFLICT),
        (400, ["existing mount at pki/"], ConflictError, Reason.CONFLICT),
        (400, ["unsupported key type"], DependencyMissingError, Reason.REJECTED_BY_VAULT),
        (404, [], DependencyMissingError, Reason.REJECTED_BY_VAULT),
        (405, ["unsupported operation"], DependencyMissingError, Reason.REJECTED_BY_VAULT),
        (401, [], AccessDeniedError, Reason.ACCESS_DENIED),
        (403, ["permission denied"], AccessDeniedError, Reason.ACCESS_DENIED),
        (307, [], TransientError, Reason.STANDBY),
        (301, [], TransientError, Reason.UNREACHABLE),
        (302, [], TransientError, Reason.UNREACHABLE),
        (308, [], TransientError, Reason.UNREACHABLE),
        (412, ["required index state not present"], TransientError, Reason.SERVER_ERROR),
        (429, [], TransientError, Reason.RATE_LIMITED),
        (473, [], TransientError, Reason.STANDBY),
        (500, ["internal error"], TransientError, Reason.SERVER_ERROR),
        (500, ["local node not active but active cluster node not found"], TransientError,
         Reason.STANDBY),
        (501, [], TransientError, Reason.NOT_INITIALIZED),
        (502, [], TransientError, Reason.SERVER_ERROR),
        (503, ["Vault is sealed"], TransientError, Reason.SEALED),
        (503, [], TransientError, Reason.SERVER_ERROR),
    ],
)  # fmt: skip
def test_status_has_its_class(
    status: int, errors: list[str], kind: type[RootTrustError], reason: Reason
) -> None:
    error = classify(status, *errors)
    assert (type(error), error.reason) == (kind, reason)
    assert "https://vault" in error.message
    assert error.message.endswith(".")


def test_retry_after_is_kept() -> None:
    error = classify(429, retry_after=7.0)
    assert isinstance(error, TransientError)
    assert error.retry_after_seconds == 7


def test_denied_says_what_to_grant() -> None:
    error = classify(403, f"token {TOKEN} may not", capability="delete")
    assert isinstance(error, AccessDeniedError)
    assert (error.path, error.capability) == ("pki/x", "delete")
    assert TOKEN not in error.message


def test_what_vault_said_is_shown_without_secrets() -> None:
    error = classify(400, f"bad\nvalue {TOKEN}", "second")
    assert "bad value [redacted]" in error.message
    assert TOKEN not in error.message
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (requests.exceptions.ConnectTimeout(), "no answer within 3 s"),
        (requests.exceptions.ReadTimeout(), "no answer within 3 s"),
        (requests.exceptions.ConnectionError(ConnectionRefusedError(111)), "connection refused"),
        (requests.exceptions.ConnectionError(ConnectionResetError(104)), "connection reset"),
        (requests.exceptions.ConnectionError("odd"), "the connection failed"),
        (requests.exceptions.SSLError("wrong version"), "does not speak TLS"),
    ],
)
def test_no_answer_is_unreachable(failure: Exception, words: str) -> None:
    error = classify_transport_failure(failure, address="https://vault", timeout_seconds=3)
    assert error.reason == Reason.UNREACHABLE
    assert words in error.message


def test_certificate_is_named_with_its_fix() -> None:
    refusal = ssl.SSLCertVerificationError(1, "self-signed certificate")
    refusal.verify_message = "self-signed certificate"
    failure = requests.exceptions.SSLError(refusal)
    error = classify_transport_failure(failure, address="https://vault", timeout_seconds=3)
    assert error.reason == Reason.UNTRUSTED_CERTIFICATE
    assert "self-signed certificate" in error.message
    assert "caFile" in error.message

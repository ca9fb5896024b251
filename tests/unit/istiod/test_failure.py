"""What is said of connections and answers of istiod that came to nothing."""

from __future__ import annotations

import socket
import ssl

import pytest
from grpclib import GRPCError, Status

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.istiod.failure import classify_connection_failure
from roottrust.istiod.refusal import classify_refusal


@pytest.mark.parametrize(
    ("failure", "detail"),
    [
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(), "its name does not resolve"),
        (ConnectionRefusedError(), "connection refused"),
        (ssl.SSLError(), "it does not speak TLS as we do"),
        (ConnectionResetError(), "connection reset"),
        (OSError(), "the connection failed"),
    ],
)
def test_a_connection_that_fails_may_succeed_later(failure: Exception, detail: str) -> None:
    error = classify_connection_failure(failure, name="istiod.a.svc")
    assert isinstance(error, TransientError)
    assert error.message == f"istiod.a.svc cannot be reached: {detail}."


def test_a_certificate_that_workloads_do_not_trust_is_told_by_its_fault() -> None:
    refusal = ssl.SSLCertVerificationError()
    refusal.verify_message = "self-signed certificate in certificate chain"
    error = classify_connection_failure(refusal, name="istiod.a.svc")
    assert error.reason is Reason.ISTIOD_UNTRUSTED
    assert "(self-signed certificate in certificate chain)" in error.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.UNAUTHENTICATED, AccessDeniedError),
        (Status.UNAVAILABLE, TransientError),
        (Status.INTERNAL, DependencyMissingError),
    ],
)
def test_a_refusal_is_told_with_what_istiod_said(status: Status, kind: type[Exception]) -> None:
    error = classify_refusal(GRPCError(status, "CSR signing\nerror"), name="istiod.a.svc")
    assert isinstance(error, kind)
    assert "(CSR signing error)" in error.message
    assert f"({status.name})" in classify_refusal(GRPCError(status), name="i").message

from __future__ import annotations

import pytest

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    InvalidSpecError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.domain.retry import get_retry_seconds

AWAY = TransientError("away", reason=Reason.UNREACHABLE)
DENIED = AccessDeniedError("no", reason=Reason.ACCESS_DENIED, path="p", capability="update")
MISSING = DependencyMissingError("none", reason=Reason.REJECTED_BY_VAULT)
INVALID = InvalidSpecError("bad", reason=Reason.INVALID_SPEC)


@pytest.mark.parametrize(
    ("error", "first", "last"),
    [
        (AWAY, 1, 300),
        (ConflictError("other", reason=Reason.CONFLICT), 1, 300),
        (MISSING, 5, 60),
        (DENIED, 30, 300),
        (INVALID, 30, 300),
        (ValueError("a bug"), 1, 300),
    ],
)
def test_wait_after_the_first_and_the_thousandth_failure(
    error: Exception, first: float, last: float
) -> None:
    assert get_retry_seconds(error, failures=1, share=1) == first
    assert get_retry_seconds(error, failures=1000, share=1) == last


def test_server_that_asks_for_time_gets_it_within_reason() -> None:
    for asked, wait in ((7.0, 7.0), (0.1, 1.0), (86400.0, 600.0)):
        error = TransientError("busy", reason=Reason.RATE_LIMITED, retry_after_seconds=asked)
        assert get_retry_seconds(error, failures=1, share=1) == wait


@pytest.mark.parametrize("error", [AWAY, DENIED])
def test_those_who_failed_together_come_back_apart(error: Exception) -> None:
    soon, late = (get_retry_seconds(error, failures=5, share=share) for share in (0.0, 1.0))
    assert late / 2 <= soon < late

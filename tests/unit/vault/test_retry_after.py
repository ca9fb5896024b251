"""Whoever asks, a path is left alone for as long as Vault said."""

from __future__ import annotations

import pytest

from roottrust.domain.errors import DependencyMissingError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.vault.retry_after import LONGEST_SECONDS, RetryAfter


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def limited(seconds: float | None) -> TransientError:
    return TransientError("Slow down.", reason=Reason.RATE_LIMITED, retry_after_seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waits(clock: Clock) -> RetryAfter:
    return RetryAfter(clock=clock)


def test_path_waits_and_says_for_how_long(waits: RetryAfter, clock: Clock) -> None:
    waits.note("a", limited(30))
    clock.now += 10
    with pytest.raises(TransientError) as raised:
        waits.check("a")
    assert raised.value.reason is Reason.RATE_LIMITED
    assert raised.value.retry_after_seconds == 20
    waits.check("b")
    clock.now += 20
    waits.check("a")


@pytest.mark.parametrize(
    "error",
    [limited(None), limited(0), DependencyMissingError("x", reason=Reason.REJECTED_BY_VAULT)],
)
def test_nothing_waits_unless_it_is_told_to(waits: RetryAfter, error: Exception) -> None:
    waits.note("a", error)
    waits.check("a")


def test_no_wait_is_endless(waits: RetryAfter, clock: Clock) -> None:
    waits.note("a", limited(86400))
    clock.now += LONGEST_SECONDS
    waits.check("a")


def test_what_has_waited_is_forgotten(waits: RetryAfter, clock: Clock) -> None:
    for number in range(3000):
        waits.note(str(number), limited(1))
        clock.now += 1
    assert len(waits._waits) <= 1001

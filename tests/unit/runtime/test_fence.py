from __future__ import annotations

import pytest

from roottrust.domain.errors import TransientError
from roottrust.runtime.clock import count_seconds
from roottrust.runtime.fence import Fence, FencedError


class Bench:
    def __init__(self) -> None:
        self.now = 100.0
        self.fence = Fence(open_seconds=10, clock=lambda: self.now)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_passes_before_the_first_renewal(bench: Bench) -> None:
    with pytest.raises(FencedError, match="another hub may lead"):
        bench.fence.check()


def test_closes_by_itself(bench: Bench) -> None:
    bench.fence.extend(bench.now)
    bench.now += 9.9
    bench.fence.check()
    bench.now += 0.2
    with pytest.raises(FencedError):
        bench.fence.check()


def test_counts_from_the_moment_of_asking_not_of_the_answer(bench: Bench) -> None:
    asked_at = bench.now
    bench.now += 60
    bench.fence.extend(asked_at)
    assert not bench.fence.is_open
    assert bench.fence.seconds_left == 0


def test_can_be_closed_at_once(bench: Bench) -> None:
    bench.fence.extend(bench.now)
    bench.fence.close()
    assert not bench.fence.is_open


def test_refusal_is_one_that_passes() -> None:
    assert issubclass(FencedError, TransientError)


def test_real_clock_goes_on() -> None:
    before = count_seconds()
    assert count_seconds() >= before > 0

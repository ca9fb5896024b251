from __future__ import annotations

import os
import signal
import threading

import pytest

from roottrust.agent.process import Bell, StoppedError, run_until_signal


def test_work_that_ends_is_no_stop() -> None:
    assert run_until_signal(lambda: None, Bell())


def test_failure_of_the_work_is_raised() -> None:
    def fail() -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        run_until_signal(fail, Bell())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_wakes_work_that_waits(number: signal.Signals) -> None:
    bell = Bell()
    ended = threading.Event()

    def wait() -> None:
        os.kill(os.getpid(), number)
        try:
            bell.wait(None)
        finally:
            ended.set()

    assert not run_until_signal(wait, bell)
    assert ended.is_set()


def test_ring_wakes_once() -> None:
    bell = Bell()
    bell.ring()
    bell.wait(None)
    bell.wait(0.001)  # nothing has changed since: the time passes


def test_stop_is_heeded_before_and_after_waiting() -> None:
    bell = Bell()
    bell.stop()
    for heed in (bell.check, lambda: bell.wait(None)):
        with pytest.raises(StoppedError):
            heed()

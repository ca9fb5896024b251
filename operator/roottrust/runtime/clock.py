"""Time as the runtime sees it, so that tests need not wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

# Where there is no such clock (not Linux), the monotonic one goes on while the machine sleeps.
_SLEEPLESS: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def count_seconds() -> float:
    """Return the seconds of a clock that never goes back, and goes on while the machine sleeps."""
    return time.clock_gettime(_SLEEPLESS)


def get_now() -> datetime:
    """Return the time of day, aware of UTC."""
    return datetime.now(UTC)


class TimerHandle(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Do not make the call."""


class Timer(Protocol):
    """Monotonic time and calls at a time: what an asyncio loop is."""

    def time(self) -> float:
        """Return the seconds of a clock that never goes back."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> TimerHandle:
        """Make the call at that time."""


async def sleep(timer: Timer, seconds: float) -> None:
    """Wait on the given clock."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not done.done():
            done.set_result(None)

    handle = timer.call_at(timer.time() + seconds, wake)
    try:
        await done
    finally:
        handle.cancel()


async def wait_for_event(event: asyncio.Event, timer: Timer, *, seconds: float) -> bool:
    """Wait so long on the given clock, or less if the event comes; return whether it has."""
    waits = {
        asyncio.ensure_future(event.wait()),
        asyncio.ensure_future(sleep(timer, seconds)),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return event.is_set()

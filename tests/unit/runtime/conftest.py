"""A clock that only tests move."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from random import Random

import pytest


class FakeHandle:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeTimer:
    """What `roottrust.runtime.clock.Timer` asks for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._calls: list[tuple[float, int, FakeHandle]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> FakeHandle:
        handle = FakeHandle(callback)
        heapq.heappush(self._calls, (when, next(self._order), handle))
        return handle

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, and tasks do what is due."""
        end = self.now + seconds
        await settle()
        while self._calls and self._calls[0][0] <= end:
            when, _, handle = heapq.heappop(self._calls)
            self.now = max(self.now, when)
            if not handle.cancelled:
                handle.callback()
                await settle()
        self.now = end
        await settle()


async def settle() -> None:
    """Let all tasks run until they wait for something."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def rng() -> Random:
    return Random(1)  # noqa: S311 - jitter


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()

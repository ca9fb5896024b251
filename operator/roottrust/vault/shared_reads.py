"""Reads that all policies of a sweep share, such as sys/mounts: once instead of once each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

MAX_AGE_SECONDS = 5.0

Answer = TypeVar("Answer")


class SharedRead(Generic[Answer]):
    """One answer, kept for some seconds and asked for once by all who wait."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Answer]],
        *,
        max_age_seconds: float = MAX_AGE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._ask = ask
        self._max_age = max_age_seconds
        self._clock = clock
        self._known: tuple[float, Answer] | None = None
        self._asking: asyncio.Task[Answer] | None = None
        self._epoch = 0

    async def get(self) -> Answer:
        """Return the answer; a failure goes to all who wait for it, and is not kept."""
        if self._known is not None and self._clock() - self._known[0] < self._max_age:
            return self._known[1]
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_once(self._epoch))
            self._asking.add_done_callback(self._end)
        # Whoever stops waiting does not stop it for the others.
        return await asyncio.shield(self._asking)

    async def _ask_once(self, epoch: int) -> Answer:
        asked_at = self._clock()
        answer = await self._ask()
        if epoch == self._epoch:
            self._known = (asked_at, answer)
        return answer

    def _end(self, task: asyncio.Task[Answer]) -> None:
        if self._asking is task:
            self._asking = None
        if not task.cancelled():
            task.exception()  # it has been raised for those who waited

    def change(self, change: Callable[[Answer], None]) -> None:
        """Bring a kept answer up to what was just written; one under way may be older."""
        self._outdate()
        if self._known is not None:
            change(self._known[1])

    def forget(self) -> None:
        """Ask again next time."""
        self._outdate()
        self._known = None

    def _outdate(self) -> None:
        self._epoch += 1
        self._asking = None

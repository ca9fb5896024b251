"""So many at once, of whom none can keep the others waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turnstile:
    """Lets `count` begin at once; whoever takes longer than `seconds` lets the next one begin."""

    def __init__(self, count: int, *, seconds: float) -> None:
        self._places = asyncio.Semaphore(count)
        self._seconds = seconds

    async def enter(self) -> Callable[[], None]:
        """Wait for a place; return what gives it back, which a while does as well."""
        await self._places.acquire()
        is_held = True

        def leave() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                alarm.cancel()
                self._places.release()

        alarm = asyncio.get_running_loop().call_later(self._seconds, leave)
        return leave

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Enter, and leave at the end."""
        leave = await self.enter()
        try:
            yield
        finally:
            leave()

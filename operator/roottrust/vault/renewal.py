"""Renewing the token while nobody asks for it: a quiet operator would have to log in anew."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from datetime import datetime

from roottrust.domain.errors import RootTrustError
from roottrust.vault.tokens import TokenKeeper

# Timers stand still while the machine sleeps, leases do not.
LONGEST_SLEEP_SECONDS = 60.0
SHORTEST_SLEEP_SECONDS = 0.5


class TokenRenewal:
    """Runs as long as there is a token that ends; what fails is tried again until then."""

    def __init__(
        self,
        tokens: TokenKeeper,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tokens = tokens
        self._now = now
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """See to it that it runs."""
        if self._task is None or self._task.done():
            # Of nobody's work, whoever has asked first: the token is for all.
            self._task = asyncio.create_task(
                self._run(), name="vault-token", context=contextvars.Context()
            )

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while (seconds := self._find_sleep()) is not None:
            await self._sleep(seconds)
            with contextlib.suppress(RootTrustError):  # it was logged and counted
                await self._tokens.get()

    def _find_sleep(self) -> float | None:
        token, now = self._tokens.token, self._now()
        if token is None or token.renewal_due_at is None or token.is_expired(now):
            return None
        seconds = (token.renewal_due_at - now).total_seconds()
        return min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)

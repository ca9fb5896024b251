"""Reads that all policies of a sweep share: sys/mounts and sys/auth, once instead of once each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from roottrust.vault.client import VaultClient

MAX_AGE_SECONDS = 5.0

Data = dict[str, Any]


class SharedReads:
    """Answers for a few seconds, asked for by one at a time; whoever writes must forget them."""

    def __init__(
        self,
        client: VaultClient,
        *,
        max_age_seconds: float = MAX_AGE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client
        self._max_age = max_age_seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, Data | None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._epoch = 0

    async def read(self, path: str) -> Data | None:
        """Return the data at a path, at most some seconds old."""
        async with self._locks.setdefault(path, asyncio.Lock()):
            known = self._answers.get(path)
            if known is not None and self._clock() - known[0] < self._max_age:
                return known[1]
            epoch, asked_at = self._epoch, self._clock()
            data = await self._client.read(path)
            if epoch == self._epoch:
                self._answers[path] = (asked_at, data)
            return data

    def forget(self) -> None:
        """Ask Vault again next time; an answer that is under way is not kept either."""
        self._epoch += 1
        self._answers.clear()

"""When an agent has to look again: what failed is tried again, each kind of thing by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from roottrust.domain.retry import get_retry_seconds


class Retry:
    """Failures of one thing in a row, and when it may be tried again."""

    def __init__(self, *, random: Random, clock: Callable[[], float] = time.monotonic) -> None:
        self._random = random
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    @property
    def has_failed(self) -> bool:
        """Whether it failed the last time."""
        return self._failures > 0

    @property
    def seconds_left(self) -> float:
        """How long it must wait still; 0 when it may be tried."""
        return max(self._until - self._clock(), 0.0)

    def fail(self, error: BaseException) -> None:
        """Have it wait, the longer the more often it failed."""
        self._failures += 1
        wait = get_retry_seconds(error, failures=self._failures, share=self._random.random())
        self._until = self._clock() + wait

    def reset(self) -> None:
        """Forget the failures: it may be tried at once."""
        self._failures = 0
        self._until = 0.0

"""The fence: what keeps a hub that no longer leads from writing, however long it was held up.

The lease tells the others when they may take over; this tells us when we must have stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.runtime.clock import count_seconds


class FencedError(TransientError):
    """A write that was not sent, since another hub may lead by now."""


class Fence:
    """Open for some seconds after each renewal of the lease; asked from any thread."""

    def __init__(self, *, open_seconds: float, clock: Callable[[], float] = count_seconds) -> None:
        self._open_seconds = open_seconds
        self._clock = clock
        self._closes_at = -math.inf

    @property
    def seconds_left(self) -> float:
        """How long it stays open without another renewal."""
        return max(0.0, self._closes_at - self._clock())

    @property
    def is_open(self) -> bool:
        """Whether writes may be sent now."""
        return self._clock() < self._closes_at

    def extend(self, asked_at: float) -> None:
        """Count anew from the moment at which a renewal that succeeded was asked for."""
        self._closes_at = asked_at + self._open_seconds

    def close(self) -> None:
        """Let nothing more through."""
        self._closes_at = -math.inf

    def check(self) -> None:
        """Raise FencedError unless writes may be sent now: the last step before each of them."""
        if not self.is_open:
            raise FencedError(
                "This was not written: another hub may lead by now.", reason=Reason.NOT_LEADING
            )

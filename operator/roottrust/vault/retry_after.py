"""Obeying Retry-After: a path whose server asked us to wait is not asked again before that."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from roottrust.domain.errors import TransientError

# A proxy that says a day must not stop us for as long.
LONGEST_SECONDS = 600.0
_MANY = 1000


class RetryAfter:
    """The places in one Vault that must wait, whoever wants them: resyncs, edits, other policies.

    RFC 9110 (10.2.3) has it count for the resource that was asked for.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waits: dict[str, tuple[float, TransientError]] = {}

    def check(self, place: str) -> None:
        """Raise what was raised then, with the time that is left, if the place must wait still."""
        if place not in self._waits:
            return
        until, error = self._waits[place]
        left = until - self._clock()
        if left <= 0:
            del self._waits[place]
            return
        raise TransientError(error.message, reason=error.reason, retry_after_seconds=left)

    def note(self, place: str, error: Exception) -> None:
        """Have the place wait for as long as the error says."""
        if not isinstance(error, TransientError) or not error.retry_after_seconds:
            return
        now = self._clock()
        if len(self._waits) >= _MANY:
            self._waits = {each: wait for each, wait in self._waits.items() if wait[0] > now}
        self._waits[place] = (now + min(error.retry_after_seconds, LONGEST_SECONDS), error)

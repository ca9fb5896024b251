"""Telling of changes at a pace that whoever makes them cannot force."""

from __future__ import annotations

from collections.abc import Callable

from roottrust.runtime.clock import Timer, TimerHandle

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 30.0
# After a pause of so many intervals, the next change is told at once again.
_QUIET_INTERVALS = 4


class ChangePace:
    """Tells soon after the first of several changes, and ever less often while they go on.

    `find_longest` returns the longest interval for now, in seconds.
    """

    def __init__(
        self,
        tell: Callable[[], None],
        *,
        timer: Timer,
        find_longest: Callable[[], float] = lambda: LONGEST_SECONDS,
    ) -> None:
        self._tell = tell
        self._timer = timer
        self._find_longest = find_longest
        self._interval = FIRST_SECONDS
        self._told_at: float | None = None
        self._alarm: TimerHandle | None = None

    def note(self) -> None:
        """Have a change told of."""
        if self._alarm is not None:
            return
        now = self._timer.time()
        quiet = now - self._told_at if self._told_at is not None else None
        if quiet is None or quiet > _QUIET_INTERVALS * self._interval:
            self._interval = FIRST_SECONDS
            due = now + FIRST_SECONDS
        else:
            self._interval = min(2 * self._interval, self._find_longest())
            due = max(now + FIRST_SECONDS, now - quiet + self._interval)
        self._alarm = self._timer.call_at(due, self._fire)

    def close(self) -> None:
        """Tell of nothing more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _fire(self) -> None:
        self._alarm = None
        self._told_at = self._timer.time()
        self._tell()

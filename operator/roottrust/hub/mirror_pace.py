"""How often the mirrors of one cluster are written, whatever is told there."""

from __future__ import annotations

from roottrust.runtime.clock import Timer

MESH_SECONDS = 5.0
# Enough for all that is believed of a cluster at once; what goes on and on has this many a second.
WRITES_MAX = 300.0
WRITES_PER_SECOND = 1.0


class MirrorPace:
    """Lets one mirror be written every few seconds, and of a cluster so many in a while."""

    def __init__(self, *, timer: Timer) -> None:
        self._timer = timer
        self._left = WRITES_MAX
        self._counted_at = timer.time()
        self._written_at: dict[str, float] = {}

    def may_write(self, name: str, *, cost: int) -> bool:
        """Whether a mirror may be written now, by so many requests."""
        now = self._timer.time()
        written_at = self._written_at.get(name)
        is_early = written_at is not None and now < written_at + MESH_SECONDS
        return not is_early and cost <= self._count(now)

    def note(self, name: str, *, cost: int) -> None:
        """Count a write."""
        now = self._timer.time()
        self._left = self._count(now) - cost
        self._counted_at = now
        recent = {each: at for each, at in self._written_at.items() if at > now - MESH_SECONDS}
        self._written_at = {**recent, name: now}

    def _count(self, now: float) -> float:
        return min(WRITES_MAX, self._left + (now - self._counted_at) * WRITES_PER_SECOND)

"""How often the pods of a cluster are looked at, and which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

# Less often the more pods there are: a mesh that nobody restarts is looked at for ever.
LOOK_SECONDS = 10.0
POD_SECONDS = 0.02
LOOK_SECONDS_MAX = 300.0

# What has ended has no certificate, and trusts nothing any more.
ALIVE = "status.phase!=Succeeded,status.phase!=Failed"


def find_pod_pause(pods: int) -> float:
    """Return how long to wait before so many pods are listed again."""
    return min(LOOK_SECONDS + POD_SECONDS * pods, LOOK_SECONDS_MAX)


@dataclass(frozen=True, kw_only=True)
class _Look:
    subject: object
    at: datetime
    pause: float


class PodPace:
    """Knows when the pods of each istiod were looked at last, and for what."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._looks: dict[str, _Look] = {}

    def note(self, istiod: str, subject: object, *, pods: int) -> float:
        """Remember a look at so many pods; return how long to wait before the next one."""
        pause = find_pod_pause(pods)
        self._looks[istiod] = _Look(subject=subject, at=self._now(), pause=pause)
        return pause

    def find_rest(self, istiod: str, subject: object) -> float:
        """Return how long it is until the next look, 0 if that is due, as for another subject."""
        last = self._looks.get(istiod)
        if last is None or last.subject != subject:
            return 0.0
        passed = (self._now() - last.at).total_seconds()
        return max(last.pause - passed, 0.0) if passed >= 0 else 0.0

    def forget(self, istiod: str) -> None:
        """Keep nothing of an istiod that is gone, or of which nothing is asked."""
        self._looks.pop(istiod, None)

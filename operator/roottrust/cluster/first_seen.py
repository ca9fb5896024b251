"""How long something has been so that may change, by our own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class FirstSeen:
    """Knows when the subject of each istiod was seen for the first time."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._seen: dict[str, tuple[object, datetime]] = {}

    def find_age(self, istiod: str, subject: object) -> timedelta:
        """Return how long ago this subject was seen first; a clock that is set back begins anew."""
        now = self._now()
        known, at = self._seen.get(istiod, (None, now))
        if known != subject or at > now:
            self._seen[istiod] = (subject, now)
            return timedelta(0)
        return now - at

    def forget(self, istiod: str) -> None:
        """Keep nothing of an istiod that has no subject any more."""
        self._seen.pop(istiod, None)

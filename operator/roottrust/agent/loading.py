"""Following whether istiod has loaded what was published."""

from __future__ import annotations

import time
from collections.abc import Callable

from roottrust.agent.istiod_probe import ProbeResult, Serving
from roottrust.domain.instance_report import Held

# istiod takes a tenth of a second to load a new one; one that is starting takes longer.
PATIENCE_SECONDS = 20.0
QUICK_SECONDS = 0.5
SLOW_SECONDS = 15.0
SURE_SECONDS = 300.0

Probe = Callable[[Held], ProbeResult]


class Loading:
    """`is_loaded` is None while it is not known; `problem` is a sentence when it lasts too long."""

    def __init__(self, probe: Probe, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._probe = probe
        self._clock = clock
        self._fingerprint: str | None = None
        self._since = 0.0
        self._next = 0.0
        self.is_loaded: bool | None = None
        self.problem: str | None = None

    @property
    def seconds_left(self) -> float:
        """How long until istiod is to be asked again."""
        return max(self._next - self._clock(), 0.0)

    def look(self, held: Held) -> None:
        """Ask istiod if it is time, at once for another intermediate than before."""
        now = self._clock()
        if held.certificate.fingerprint != self._fingerprint:
            self._fingerprint = held.certificate.fingerprint
            self._since = self._next = now
            self.is_loaded = self.problem = None
        if now >= self._next:
            self._take(self._probe(held), now)

    def _take(self, result: ProbeResult, now: float) -> None:
        is_patient = now - self._since < PATIENCE_SECONDS
        if result.serving is Serving.THIS:
            self.is_loaded, self.problem = True, None
            self._next = now + SURE_SECONDS
            return
        self._next = now + (QUICK_SECONDS if is_patient else SLOW_SECONDS)
        if result.serving is not Serving.NOTHING and (self.is_loaded or not is_patient):
            self.is_loaded, self.problem = False, result.message

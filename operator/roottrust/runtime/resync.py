"""Reconciling everything from time to time: one heap instead of a timer for each object."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from typing import Generic

from roottrust.runtime.clock import Timer, TimerHandle
from roottrust.runtime.workqueue import Key, Priority, WorkQueue

JITTER_RATIO = 0.1


class Resync(Generic[Key]):
    """Enqueues each scheduled key about every `interval_seconds`, with ±10 % of jitter."""

    def __init__(
        self,
        *,
        queue: WorkQueue[Key],
        interval_seconds: float,
        timer: Timer | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._queue = queue
        self._interval = interval_seconds
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._rng = rng or random.Random()  # noqa: S311 - jitter is no secret
        self._order = itertools.count()
        # The number of the heap's entry that counts for a key: forgotten ones stay in the heap.
        self._current: dict[Key, int] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._alarm: TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._current)

    def schedule(self, key: Key) -> None:
        """Resync the key from now on; a key that is scheduled already keeps its time."""
        if key not in self._current:
            self._push(key)
            self._set_alarm()

    def forget(self, key: Key) -> None:
        """Resync the key no more."""
        self._current.pop(key, None)

    def close(self) -> None:
        """Resync nothing more."""
        self._current.clear()
        self._heap.clear()
        self._set_alarm()

    def _push(self, key: Key) -> None:
        jitter = self._rng.uniform(1 - JITTER_RATIO, 1 + JITTER_RATIO)
        number = next(self._order)
        self._current[key] = number
        heapq.heappush(self._heap, (self._timer.time() + self._interval * jitter, number, key))

    def _enqueue_due(self) -> None:
        now = self._timer.time()
        while self._heap and self._heap[0][0] <= now:
            _, number, key = heapq.heappop(self._heap)
            if self._current.get(key) == number:
                self._queue.add(key, priority=Priority.RESYNC)
                self._push(key)
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._heap:
            self._alarm = self._timer.call_at(self._heap[0][0], self._enqueue_due)

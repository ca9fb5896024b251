"""The work queue: which keys to reconcile, when, and in what order.

Invariants: a key waits at most once; a key in work is never given out again before it is done; one
that is added while in work is given out once more; an earlier time and a higher priority win.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from roottrust.domain.backoff import get_backoff_seconds
from roottrust.runtime.clock import Timer, TimerHandle

Key = TypeVar("Key", bound=Hashable)


class Priority(IntEnum):
    """Who goes first among keys that are due: people before machines."""

    EDIT = 0
    RETRY = 1
    RESYNC = 2


class QueueClosedError(Exception):
    """The queue gives out no more keys: the operator stops."""


@dataclass(eq=False)
class _Item(Generic[Key]):
    key: Key
    due: float
    priority: Priority


class WorkQueue(Generic[Key]):
    """Keyed, delayed, de-duplicating; for one event loop, not for threads."""

    def __init__(self, *, timer: Timer | None = None, rng: random.Random | None = None) -> None:
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._rng = rng or random.Random()  # noqa: S311 - jitter is no secret
        self._order = itertools.count()
        self._items: dict[Key, _Item[Key]] = {}
        self._active: dict[Key, _Item[Key] | None] = {}
        # Heaps hold items that were replaced since, too: only those in `_items` count.
        self._delayed: list[tuple[float, int, _Item[Key]]] = []
        self._ready: list[tuple[Priority, float, int, _Item[Key]]] = []
        self._failures: dict[Key, int] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._alarm: TimerHandle | None = None
        self._is_closed = False

    @property
    def depth(self) -> int:
        """How many keys are due and wait for a worker."""
        now = self._timer.time()
        return sum(item.due <= now for item in self._items.values())

    @property
    def scheduled(self) -> int:
        """How many keys wait, due or not."""
        return len(self._items)

    @property
    def oldest_age_seconds(self) -> float:
        """How long the key that is due longest has been waiting for a worker."""
        now = self._timer.time()
        return max((now - item.due for item in self._items.values() if item.due <= now), default=0)

    def add(self, key: Key, *, priority: Priority = Priority.EDIT, delay: float = 0.0) -> None:
        """Have the key reconciled after the delay, or earlier if that was asked before."""
        item = _Item(key=key, due=self._timer.time() + max(delay, 0.0), priority=priority)
        if key in self._active:
            self._active[key] = _merge(self._active[key], item)
        else:
            self._put(_merge(self._items.get(key), item))

    def retry(self, key: Key, *, after: float | None = None) -> float:
        """Have a key that failed reconciled again: backoff with jitter, at least `after`.

        Returns the delay.
        """
        failures = self._failures.get(key, 0) + 1
        self._failures[key] = failures
        delay = max(get_backoff_seconds(failures, share=self._rng.random()), after or 0.0)
        self.add(key, priority=Priority.RETRY, delay=delay)
        return delay

    def forget(self, key: Key) -> None:
        """Forget the key's failures: its next retry begins with the shortest backoff."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """Return the next key that is due; `done` must follow. Raises QueueClosedError."""
        while True:
            if self._is_closed:
                raise QueueClosedError
            item = self._pop_due()
            if item is not None:
                self._active[item.key] = None
                self._wake()
                return item.key
            await self._wait()

    def done(self, key: Key) -> None:
        """Say that a worker is through with the key."""
        again = self._active.pop(key)
        if again is not None:
            self._put(again)

    def close(self) -> None:
        """Give out no more keys."""
        self._is_closed = True
        if self._alarm is not None:
            self._alarm.cancel()
        for getter in self._getters:
            if not getter.done():
                getter.set_result(None)

    def _put(self, item: _Item[Key]) -> None:
        self._items[item.key] = item
        heapq.heappush(self._delayed, (item.due, next(self._order), item))
        self._wake()

    def _pop_due(self) -> _Item[Key] | None:
        now = self._timer.time()
        while self._delayed and self._delayed[0][0] <= now:
            due, order, item = heapq.heappop(self._delayed)
            if self._items.get(item.key) is item:
                heapq.heappush(self._ready, (item.priority, due, order, item))
        while self._ready:
            item = heapq.heappop(self._ready)[-1]
            if self._items.get(item.key) is item:
                del self._items[item.key]
                return item
        return None

    async def _wait(self) -> None:
        getter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._getters.append(getter)
        self._set_alarm()
        try:
            await getter
        except asyncio.CancelledError:
            # This one may just have been woken: its turn must not get lost.
            self._wake()
            raise
        finally:
            if getter in self._getters:
                self._getters.remove(getter)

    def _wake(self) -> None:
        """Wake one worker if a key is due, or else see to it that one is woken in time."""
        if self._ready or (self._delayed and self._delayed[0][0] <= self._timer.time()):
            while self._getters:
                getter = self._getters.popleft()
                if not getter.done():
                    getter.set_result(None)
                    return
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._delayed and self._getters and not self._is_closed:
            self._alarm = self._timer.call_at(self._delayed[0][0], self._wake)


def _merge(old: _Item[Key] | None, new: _Item[Key]) -> _Item[Key]:
    if old is None:
        return new
    return _Item(key=new.key, due=min(old.due, new.due), priority=min(old.priority, new.priority))

"""The keys of one role: they wait, are resynced, and are worked on once this process leads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from roottrust.runtime.leadership import Leadership
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.resync import Resync
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey
from roottrust.runtime.workers import LIMIT_SECONDS, Reconcile, Workers
from roottrust.runtime.workqueue import Priority, WorkQueue


class KeyWork:
    """A queue of its own for each role: where one waits for a slow server, the others go on.

    `describe` says what a key is about, for all that is told of it; `count` is how many are
    reconciled at once, each for `limit_seconds` at most.
    """

    def __init__(
        self,
        *,
        reconcile: Reconcile[ObjectKey],
        settings: OperatorSettings,
        leadership: Leadership,
        metrics: Metrics,
        describe: Callable[[ObjectKey], Mapping[str, str]],
        count: int | None = None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._leadership = leadership
        self._is_working = False
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self._resync = Resync(queue=self.queue, interval_seconds=settings.resync_seconds)
        self.workers = Workers(
            queue=self.queue,
            reconcile=reconcile,
            metrics=metrics,
            count=count or settings.workers,
            limit_seconds=limit_seconds,
            shutdown_seconds=settings.shutdown_seconds,
            describe=describe,
        )

    @property
    def is_working(self) -> bool:
        """Whether keys are taken; before, the store is kept up and nothing is done."""
        return self._is_working

    def add(
        self, key: ObjectKey, *, priority: Priority = Priority.EDIT, delay: float = 0.0
    ) -> None:
        """Have a key reconciled, unless this process does not lead yet."""
        if self._is_working:
            self.queue.add(key, priority=priority, delay=delay)

    def keep(self, key: ObjectKey) -> None:
        """Have a key reconciled from time to time as well."""
        self._resync.schedule(key)

    def forget(self, key: ObjectKey) -> None:
        """Have it reconciled no more from time to time."""
        self._resync.forget(key)

    async def run(self, stop: asyncio.Event, *, on_lead: Callable[[], None]) -> None:
        """Work until the stop as soon as this process leads; `on_lead` adds what there is."""
        if not await self._leadership.wait(stop):
            return
        self._is_working = True
        on_lead()
        await self.workers.run(stop)

    def close(self) -> None:
        """Resync nothing more."""
        self._resync.close()

"""Workers: they drain the queue, and put every failure where its class says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    InvalidSpecError,
    RootTrustError,
    TransientError,
)
from roottrust.runtime.clock import Timer
from roottrust.runtime.log_context import bind_context
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.workqueue import Key, Priority, QueueClosedError, WorkQueue

logger = logging.getLogger(__name__)

DEPENDENCY_SECONDS = 45.0
ACCESS_SECONDS = 60.0
LIMIT_SECONDS = 600.0

Reconcile = Callable[[Key], Awaitable[float | None]]


class Workers(Generic[Key]):
    """Reconciles keys of a queue, a bounded number at once; nothing that fails stops it.

    `describe` says what a key is about, for all that is told while it is reconciled.
    """

    def __init__(
        self,
        *,
        queue: WorkQueue[Key],
        reconcile: Reconcile[Key],
        metrics: Metrics,
        count: int = 16,
        shutdown_seconds: float = 20.0,
        limit_seconds: float = LIMIT_SECONDS,
        describe: Callable[[Key], Mapping[str, str]],
        timer: Timer | None = None,
    ) -> None:
        self._queue = queue
        self._reconcile = reconcile
        self._metrics = metrics
        self._count = count
        self._shutdown_seconds = shutdown_seconds
        self._limit_seconds = limit_seconds
        self._describe = describe
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._started_at: dict[Key, float] = {}
        self._conflicted: set[Key] = set()

    @property
    def longest_run_seconds(self) -> float:
        """How long the longest reconcile in progress has been running."""
        now = self._timer.time()
        return max((now - at for at in self._started_at.values()), default=0.0)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until the stop, then finish what is in progress within the deadline."""
        tasks = [
            asyncio.create_task(self._work(), name=f"worker-{number}")
            for number in range(self._count)
        ]
        try:
            await stop.wait()
            self._queue.close()
            _, late = await asyncio.wait(tasks, timeout=self._shutdown_seconds)
            if late:
                logger.warning("%d reconciles are cut off: %s", len(late), self._name_active())
        finally:
            self._queue.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.get()
            except QueueClosedError:
                return
            self._started_at[key] = self._timer.time()
            try:
                with bind_context(**self._describe(key)):
                    result = await self._reconcile_once(key)
                seconds = self._timer.time() - self._started_at[key]
                self._metrics.count_reconcile(result=result, seconds=seconds)
            finally:
                del self._started_at[key]
                self._queue.done(key)

    async def _reconcile_once(self, key: Key) -> str:
        """Reconcile, arrange what comes next, and return the word for metrics."""
        limit = asyncio.timeout(self._limit_seconds)
        try:
            async with limit:
                requeue_seconds = await self._reconcile(key)
        except RootTrustError as error:
            return self._arrange_retry(key, error)
        except Exception as error:
            if limit.expired():
                logger.warning("cut off after %g s", self._limit_seconds)
                return self._back_off(key, result="timeout")
            self._metrics.bugs.inc()
            logger.exception("bug: %s", type(error).__name__)
            return self._back_off(key, result="bug")
        self._succeed(key)
        if requeue_seconds is not None:
            self._queue.add(key, priority=Priority.RESYNC, delay=requeue_seconds)
        return "ok"

    def _arrange_retry(self, key: Key, error: RootTrustError) -> str:
        """Have a key that failed looked at again as its class asks; return the word for metrics."""
        logger.info("%s", error.message, extra={"reason": error.reason})
        match error:
            case ConflictError() if key not in self._conflicted:
                self._conflicted.add(key)
                self._queue.add(key, priority=Priority.RETRY)
                return "conflict"
            case ConflictError():
                return self._back_off(key, result="conflict")
            case TransientError():
                return self._back_off(key, result="transient", after=error.retry_after_seconds)
            case InvalidSpecError():
                self._succeed(key)  # nothing to retry: an edit will come
                return "invalid_spec"
            case AccessDeniedError():
                return self._wait(key, ACCESS_SECONDS, result="access_denied")
            case DependencyMissingError():
                return self._wait(key, DEPENDENCY_SECONDS, result="dependency_missing")
            case _:
                return self._wait(key, ACCESS_SECONDS, result="refused")

    def _succeed(self, key: Key) -> None:
        self._conflicted.discard(key)
        self._queue.forget(key)

    def _back_off(self, key: Key, *, result: str, after: float | None = None) -> str:
        self._queue.retry(key, after=after)
        return result

    def _wait(self, key: Key, seconds: float, *, result: str) -> str:
        self._succeed(key)
        self._queue.add(key, priority=Priority.RETRY, delay=seconds)
        return result

    def _name_active(self) -> str:
        return ", ".join(sorted(map(str, self._started_at)))

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    DependencyMissingError,
    InvalidSpecError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.runtime.log_form import JsonForm
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.workers import Workers
from roottrust.runtime.workqueue import WorkQueue


class Bench:
    """Workers on a queue, with a reconcile that does what `outcomes` says."""

    def __init__(self, timer: Any, rng: Any) -> None:
        self.timer = timer
        self.queue: WorkQueue[str] = WorkQueue(timer=timer, rng=rng)
        self.metrics = Metrics()
        self.calls: list[tuple[str, float]] = []
        self.outcomes: dict[str, list[Any]] = {}
        self.stop = asyncio.Event()
        self.workers = Workers(
            queue=self.queue,
            reconcile=self.reconcile,
            metrics=self.metrics,
            count=2,
            shutdown_seconds=0.05,
            describe=lambda key: {"policy": f"team/{key}"},
            timer=timer,
        )

    async def reconcile(self, key: str) -> float | None:
        self.calls.append((key, self.timer.now - 1000))
        outcomes = self.outcomes.get(key) or [None]
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if callable(outcome):
            outcome = await outcome()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def times(self, key: str) -> list[float]:
        return [at for called, at in self.calls if called == key]

    def count(self, result: str) -> float:
        value = self.metrics.registry.get_sample_value(
            "roottrust_reconciles_total", {"result": result}
        )
        return value or 0.0


@pytest.fixture
async def bench(timer: Any, rng: Any) -> AsyncIterator[Bench]:
    bench = Bench(timer, rng)
    task = asyncio.create_task(bench.workers.run(bench.stop))
    yield bench
    bench.stop.set()
    await task


async def test_requeues_when_reconcile_says_so(bench: Bench) -> None:
    bench.outcomes["a"] = [30.0, None]
    bench.queue.add("a")
    await bench.timer.advance(100)
    assert bench.times("a") == [0, 30]
    assert bench.count("ok") == 2


async def test_invalid_spec_waits_for_an_edit(bench: Bench) -> None:
    bench.outcomes["a"] = [InvalidSpecError("no", reason=Reason.INVALID_SPEC)]
    bench.queue.add("a")
    await bench.timer.advance(10_000)
    assert bench.times("a") == [0]
    assert bench.count("invalid_spec") == 1


@pytest.mark.parametrize(
    ("error", "seconds", "result"),
    [
        (DependencyMissingError("x", reason=Reason.WAITING_FOR_MESH), 45, "dependency_missing"),
        (
            AccessDeniedError("x", reason=Reason.ACCESS_DENIED, path="p", capability="read"),
            60,
            "access_denied",
        ),
        (RootTrustError("x", reason=Reason.API_REFUSED), 60, "refused"),
    ],
)
async def test_slow_retries(
    bench: Bench, error: RootTrustError, seconds: float, result: str
) -> None:
    bench.outcomes["a"] = [error, error, None]
    bench.queue.add("a")
    await bench.timer.advance(1000)
    assert bench.times("a") == [0, seconds, 2 * seconds]
    assert bench.count(result) == 2


async def test_transient_backs_off_without_end(bench: Bench) -> None:
    bench.outcomes["a"] = [TransientError("x", reason=Reason.SEALED)]
    bench.queue.add("a")
    await bench.timer.advance(3600)
    times = bench.times("a")
    gaps = [after - before for before, after in pairwise(times)]
    assert 0.5 <= gaps[0] <= 1
    assert max(gaps) <= 300
    assert all(gap >= 150 for gap in gaps[9:])
    assert len(gaps) > 12


async def test_transient_obeys_retry_after(bench: Bench) -> None:
    error = TransientError("x", reason=Reason.RATE_LIMITED, retry_after_seconds=33)
    bench.outcomes["a"] = [error, None]
    bench.queue.add("a")
    await bench.timer.advance(100)
    assert bench.times("a") == [0, 33]


async def test_conflict_is_observed_again_at_once_but_only_once(bench: Bench) -> None:
    bench.outcomes["a"] = [ConflictError("x", reason=Reason.CONFLICT)]
    bench.queue.add("a")
    await bench.timer.advance(0.4)
    assert bench.times("a") == [0, 0]
    await bench.timer.advance(5)
    assert len(bench.times("a")) > 2
    assert bench.count("conflict") == len(bench.times("a"))


async def test_bug_is_counted_and_other_keys_go_on(bench: Bench, caplog: Any) -> None:
    bench.outcomes["a"] = [KeyError("boom"), None]
    bench.queue.add("a")
    bench.queue.add("b")
    await bench.timer.advance(2)
    assert len(bench.times("a")) == 2
    assert len(bench.times("b")) == 1
    assert bench.metrics.registry.get_sample_value("roottrust_bugs_total") == 1
    assert any(record.exc_info for record in caplog.records)


async def test_what_fails_is_told_with_its_policy_and_reason(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(caplog.handler, "formatter", JsonForm())  # it is that of all tests
    bench.outcomes["a"] = [DependencyMissingError("No mount.", reason=Reason.ROOT_NOT_FOUND)]
    bench.queue.add("a")
    await bench.timer.advance(1)
    (line,) = map(json.loads, caplog.text.splitlines())
    told = (line["message"], line["policy"], line["reason"])
    assert told == ("No mount.", "team/a", "RootNotFound")


async def test_edit_during_reconcile_runs_once_more(bench: Bench) -> None:
    running = asyncio.Event()
    go_on = asyncio.Event()

    async def wait() -> None:
        running.set()
        await go_on.wait()

    bench.outcomes["a"] = [wait, None]
    bench.queue.add("a")
    await running.wait()
    bench.queue.add("a")
    bench.queue.add("a")
    await bench.timer.advance(1)
    assert len(bench.calls) == 1
    go_on.set()
    await bench.timer.advance(1)
    assert len(bench.calls) == 2


async def test_longest_run_is_seen(bench: Bench) -> None:
    go_on = asyncio.Event()
    bench.outcomes["a"] = [go_on.wait]
    bench.queue.add("a")
    await bench.timer.advance(130)
    assert bench.workers.longest_run_seconds == 130
    go_on.set()


async def run_until_stopped(timer: Any, rng: Any, work: Callable[[], Awaitable[None]]) -> Bench:
    bench = Bench(timer, rng)
    bench.outcomes["a"] = [work]
    task = asyncio.create_task(bench.workers.run(bench.stop))
    bench.queue.add("a")
    await timer.advance(0)
    bench.stop.set()
    await task
    return bench


async def test_stop_lets_work_in_progress_finish(timer: Any, rng: Any) -> None:
    async def finish() -> None:
        await asyncio.sleep(0.001)

    bench = await run_until_stopped(timer, rng, finish)
    assert bench.count("ok") == 1


async def test_stop_cuts_off_what_takes_too_long(timer: Any, rng: Any, caplog: Any) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    bench = await run_until_stopped(timer, rng, hang)
    assert bench.count("ok") == 0
    assert "cut off" in caplog.text


async def test_reconcile_that_hangs_is_cut_off(timer: Any, rng: Any) -> None:
    bench = Bench(timer, rng)
    bench.workers._limit_seconds = 0.001
    bench.outcomes["a"] = [asyncio.Event().wait]
    bench.queue.retry = lambda *_, **__: bench.stop.set()  # type: ignore[method-assign,assignment]
    bench.queue.add("a")
    await bench.workers.run(bench.stop)
    assert bench.count("timeout") == 1

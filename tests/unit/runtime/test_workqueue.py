from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.backoff import LIMIT_SECONDS
from roottrust.runtime.workqueue import (
    Priority,
    QueueClosedError,
    WorkQueue,
)


@pytest.fixture
def queue(timer: Any, rng: Any) -> WorkQueue[str]:
    return WorkQueue(timer=timer, rng=rng)


async def take_now(queue: WorkQueue[str]) -> str | None:
    task = asyncio.create_task(queue.get())
    for _ in range(5):
        await asyncio.sleep(0)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None


async def test_gives_out_in_order_of_addition(queue: WorkQueue[str]) -> None:
    for key in "abc":
        queue.add(key)
    assert [await take_now(queue) for _ in range(4)] == ["a", "b", "c", None]


async def test_same_key_waits_once(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("a")
    assert queue.scheduled == 1
    assert [await take_now(queue), await take_now(queue)] == ["a", None]


async def test_key_in_work_is_given_out_again_only_after_it_is_done(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")
    assert await take_now(queue) == "a"
    queue.add("a")
    queue.add("a")
    assert await take_now(queue) is None
    queue.done("a")
    assert await take_now(queue) == "a"
    queue.done("a")
    assert await take_now(queue) is None


async def test_delayed_key_wakes_a_waiting_worker(queue: WorkQueue[str], timer: Any) -> None:
    task = asyncio.create_task(queue.get())
    await timer.advance(0)
    queue.add("a", delay=10)
    await timer.advance(9.9)
    assert not task.done()
    await timer.advance(0.2)
    assert await task == "a"


async def test_earlier_time_wins(queue: WorkQueue[str], timer: Any) -> None:
    queue.add("a", delay=100)
    queue.add("a", delay=5)
    queue.add("a", delay=50)
    await timer.advance(5)
    assert await take_now(queue) == "a"
    queue.done("a")
    await timer.advance(200)
    assert await take_now(queue) is None


async def test_edit_goes_before_retry_before_resync(queue: WorkQueue[str]) -> None:
    queue.add("resync", priority=Priority.RESYNC)
    queue.add("retry", priority=Priority.RETRY)
    queue.add("edit", priority=Priority.EDIT)
    assert [await take_now(queue) for _ in range(3)] == ["edit", "retry", "resync"]


async def test_edit_raises_waiting_resync(queue: WorkQueue[str]) -> None:
    queue.add("b", priority=Priority.RESYNC)
    queue.add("a", priority=Priority.RESYNC)
    queue.add("a", priority=Priority.EDIT)
    assert [await take_now(queue), await take_now(queue)] == ["a", "b"]


async def test_backoff_doubles_up_to_five_minutes_and_is_forgotten(
    queue: WorkQueue[str],
) -> None:
    delays = [queue.retry("a") for _ in range(12)]
    for number, delay in enumerate(delays):
        ceiling = min(2.0**number, LIMIT_SECONDS)
        assert ceiling / 2 <= delay <= ceiling
    queue.forget("a")
    assert queue.retry("a") <= 1


async def test_retry_obeys_retry_after(queue: WorkQueue[str]) -> None:
    assert queue.retry("a", after=42) == 42


async def test_cancelled_getter_does_not_lose_a_turn(queue: WorkQueue[str]) -> None:
    first = asyncio.create_task(queue.get())
    second = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")  # wakes the first, which is cancelled before it can run
    first.cancel()
    assert await second == "a"
    assert first.cancelled() or await first == "a"


async def test_close_ends_all_waiting(queue: WorkQueue[str]) -> None:
    tasks = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    queue.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, QueueClosedError) for result in results)


async def test_depth_and_age_count_due_keys_only(queue: WorkQueue[str], timer: Any) -> None:
    queue.add("a")
    queue.add("b", delay=10)
    assert (queue.depth, queue.scheduled, queue.oldest_age_seconds) == (1, 2, 0)
    await timer.advance(15)
    assert (queue.depth, queue.oldest_age_seconds) == (2, 15)


_KEYS = st.sampled_from("abcd")
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _KEYS, st.sampled_from([0.0, 1.0, 7.0])),
        st.tuples(st.just("retry"), _KEYS, st.none()),
        st.tuples(st.just("get"), st.none(), st.none()),
        st.tuples(st.just("done"), _KEYS, st.none()),
        st.tuples(st.just("wait"), st.none(), st.sampled_from([0.5, 3.0, 20.0])),
    ),
    max_size=60,
)


class StillTimer:
    """A clock whose calls nobody needs, since nobody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def call_at(self, _when: float, callback: Any, /) -> Any:
        return asyncio.get_running_loop().call_later(1000, callback)


@given(steps=_STEPS)
def test_no_key_is_lost_or_given_out_twice_at_once(
    steps: list[tuple[str, Any, Any]],
) -> None:
    asyncio.run(check_steps(steps))


async def check_steps(steps: list[tuple[str, Any, Any]]) -> None:
    timer = StillTimer()
    queue: WorkQueue[str] = WorkQueue(timer=timer, rng=Random(0))  # noqa: S311 - jitter
    wanted: set[str] = set()  # added, and not begun since
    active: set[str] = set()
    for step, key, value in steps:
        if step == "add":
            queue.add(key, delay=value)
            wanted.add(key)
        elif step == "retry":
            queue.retry(key)
            wanted.add(key)
        elif step == "wait":
            timer.now += value
        elif step == "done" and key in active:
            queue.done(key)
            active.remove(key)
        elif step == "get":
            got = await take_now(queue)
            if got is not None:
                assert got not in active
                assert got in wanted
                wanted.remove(got)
                active.add(got)
    for key in active:
        queue.done(key)
    timer.now += 10_000
    rest = []
    while (got := await take_now(queue)) is not None:
        rest.append(got)
    assert sorted(rest) == sorted(wanted)

from __future__ import annotations

from typing import Any

import pytest

from roottrust.runtime.resync import Resync
from roottrust.runtime.workqueue import Priority, WorkQueue


class RecordingQueue(WorkQueue[str]):
    def __init__(self, timer: Any) -> None:
        super().__init__(timer=timer)
        self.added: list[tuple[str, Priority, float]] = []
        self.timer = timer

    def add(self, key: str, *, priority: Priority = Priority.EDIT, delay: float = 0.0) -> None:
        del delay
        self.added.append((key, priority, self.timer.now))


@pytest.fixture
def queue(timer: Any) -> RecordingQueue:
    return RecordingQueue(timer)


@pytest.fixture
def resync(timer: Any, queue: RecordingQueue, rng: Any) -> Resync[str]:
    return Resync(queue=queue, interval_seconds=300, timer=timer, rng=rng)


async def test_enqueues_each_key_about_every_interval(
    resync: Resync[str], queue: RecordingQueue, timer: Any
) -> None:
    for number in range(50):
        resync.schedule(f"k{number}")
    await timer.advance(269)
    assert queue.added == []
    await timer.advance(62)
    assert {key for key, _, _ in queue.added} == {f"k{number}" for number in range(50)}
    assert {priority for _, priority, _ in queue.added} == {Priority.RESYNC}
    assert len({at for _, _, at in queue.added}) > 40
    await timer.advance(330)
    assert len(queue.added) >= 100


async def test_scheduling_again_keeps_the_time(
    resync: Resync[str], queue: RecordingQueue, timer: Any
) -> None:
    resync.schedule("a")
    await timer.advance(200)
    resync.schedule("a")
    await timer.advance(131)
    assert len(queue.added) == 1


async def test_forgotten_key_is_left_alone_even_when_it_comes_back(
    resync: Resync[str], queue: RecordingQueue, timer: Any
) -> None:
    resync.schedule("a")
    await timer.advance(200)
    resync.forget("a")
    assert len(resync) == 0
    resync.schedule("a")
    await timer.advance(200)
    assert queue.added == []
    await timer.advance(131)
    assert len(queue.added) == 1


async def test_close_ends_it(resync: Resync[str], queue: RecordingQueue, timer: Any) -> None:
    resync.schedule("a")
    resync.close()
    await timer.advance(1000)
    assert queue.added == []

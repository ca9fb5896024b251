from __future__ import annotations

import asyncio

import pytest

from roottrust.domain.errors import RootTrustError
from roottrust.vault.shared_reads import MAX_AGE_SECONDS, SharedRead
from tests.unit.domain.strategies import BROKEN


class Source:
    """Answers with the number of the question, once the gate is open."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: RootTrustError | None = None
        self.read: SharedRead[list[int]] = SharedRead(self.ask, clock=lambda: self.now)

    async def ask(self) -> list[int]:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return [number]


@pytest.fixture
def source() -> Source:
    return Source()


async def let_all_wait() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_answer_is_kept_for_some_seconds(source: Source) -> None:
    assert await source.read.get() == [1]
    source.now += MAX_AGE_SECONDS - 0.1
    assert await source.read.get() == [1]
    source.now += 0.1
    assert await source.read.get() == [2]


async def test_all_who_wait_share_one_question(source: Source) -> None:
    source.gate.clear()
    waiting = [asyncio.create_task(source.read.get()) for _ in range(5)]
    await let_all_wait()
    source.gate.set()
    assert await asyncio.gather(*waiting) == [[1]] * 5
    assert source.asked == 1


async def test_an_answer_ages_from_the_time_of_its_question(source: Source) -> None:
    source.gate.clear()
    waiting = asyncio.create_task(source.read.get())
    await let_all_wait()
    source.now += MAX_AGE_SECONDS
    source.gate.set()
    await waiting
    assert await source.read.get() == [2]


async def test_what_was_forgotten_is_asked_for_again(source: Source) -> None:
    await source.read.get()
    source.read.forget()
    assert await source.read.get() == [2]


async def test_an_answer_under_way_is_not_kept_once_it_was_forgotten(source: Source) -> None:
    source.gate.clear()
    early = asyncio.create_task(source.read.get())
    await let_all_wait()
    source.read.forget()
    late = asyncio.create_task(source.read.get())
    await let_all_wait()
    source.gate.set()
    assert await early == [1]
    assert await late == [2]
    assert await source.read.get() == [2]


async def test_a_failure_goes_to_all_who_wait_and_is_not_kept(source: Source) -> None:
    source.gate.clear()
    source.failure = BROKEN
    waiting = [asyncio.create_task(source.read.get()) for _ in range(3)]
    await let_all_wait()
    source.gate.set()
    failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert failures == [BROKEN] * 3
    source.failure = None
    assert await source.read.get() == [2]


async def test_who_stops_waiting_does_not_stop_it_for_the_others(source: Source) -> None:
    source.gate.clear()
    impatient = asyncio.create_task(source.read.get())
    patient = asyncio.create_task(source.read.get())
    await let_all_wait()
    impatient.cancel()
    await let_all_wait()
    source.gate.set()
    assert await patient == [1]
    assert impatient.cancelled()


async def test_a_failure_that_nobody_waits_for_any_more_is_no_trouble(source: Source) -> None:
    source.gate.clear()
    source.failure = BROKEN
    impatient = asyncio.create_task(source.read.get())
    await let_all_wait()
    impatient.cancel()
    source.gate.set()
    await let_all_wait()
    assert source.asked == 1


async def test_a_kept_answer_is_brought_up_to_what_was_written(source: Source) -> None:
    await source.read.get()
    source.read.change(lambda answer: answer.append(9))
    assert await source.read.get() == [1, 9]
    assert source.asked == 1


async def test_an_answer_that_is_older_than_a_write_is_not_kept(source: Source) -> None:
    source.gate.clear()
    early = asyncio.create_task(source.read.get())
    await let_all_wait()
    source.read.change(lambda answer: answer.append(9))
    source.gate.set()
    assert await early == [1]
    assert await source.read.get() == [2]


async def test_a_write_does_not_make_an_answer_younger(source: Source) -> None:
    await source.read.get()
    source.now += MAX_AGE_SECONDS - 1
    source.read.change(lambda answer: answer.append(9))
    source.now += 1
    assert await source.read.get() == [2]

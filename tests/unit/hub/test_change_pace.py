from __future__ import annotations

from roottrust.hub.change_pace import ChangePace
from tests.unit.runtime.conftest import FakeTimer


async def test_several_changes_are_told_of_once_and_soon() -> None:
    timer, told = FakeTimer(), list[float]()
    pace = ChangePace(lambda: told.append(timer.now), timer=timer)
    for _ in range(10):
        pace.note()
    await timer.advance(1)
    assert told == [1000.1]
    await timer.advance(10)
    pace.note()
    await timer.advance(1)
    assert len(told) == 2, "after a pause the next one is told soon, too"


async def test_changes_that_go_on_are_told_less_and_less() -> None:
    timer, told = FakeTimer(), list[float]()
    pace = ChangePace(lambda: told.append(timer.now), timer=timer)
    for _ in range(3000):
        pace.note()
        await timer.advance(0.1)
    assert len(told) < 25
    assert 28 < told[-1] - told[-2] < 32
    await timer.advance(40)
    last = len(told)
    await timer.advance(1000)
    assert len(told) == last


async def test_once_closed_nothing_is_told() -> None:
    timer, told = FakeTimer(), list[float]()
    pace = ChangePace(lambda: told.append(timer.now), timer=timer)
    pace.note()
    pace.close()
    await timer.advance(10)
    assert told == []

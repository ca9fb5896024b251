from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from roottrust.runtime import event_queue
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.log_context import bind_context, get_context
from tests.unit.runtime.conftest import FakeTimer, settle

POLICY = {"kind": "RootTrustPolicy", "metadata": {"name": "p", "uid": "u"}}
SEEN = {**POLICY, "spec": {"a": 1}, "status": {"b": 2}}


class Desk:
    """An API server for events, and a queue that is busy or not."""

    def __init__(self, timer: FakeTimer) -> None:
        self.posted: list[str] = []
        self.about: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.is_busy = False
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.queue = EventQueue(self._post, is_busy=lambda: self.is_busy, timer=timer)

    async def tell(self, *messages: str) -> None:
        for message in messages:
            await self.queue.post_event(SEEN, type_="Normal", reason="Told", message=message)
        await settle()

    async def _post(
        self,
        involved: Mapping[str, Any],
        *,
        type_: str,
        reason: str,
        message: str,
        about: Mapping[str, str],
    ) -> None:
        assert (involved, type_, reason) == (POLICY, "Normal", "Told")
        self.about.append((message, dict(about), dict(get_context())))
        await self.is_open.wait()
        if message == "bug":
            raise ValueError
        self.posted.append(message)


@pytest.fixture
def desk(timer: FakeTimer) -> Desk:
    return Desk(timer)


@pytest.fixture
async def running(desk: Desk) -> AsyncIterator[Desk]:
    stop = asyncio.Event()
    task = asyncio.create_task(desk.queue.run(stop))
    await settle()
    yield desk
    stop.set()
    await task


async def test_events_are_posted_in_their_order(running: Desk) -> None:
    await running.tell("a", "b")
    await running.tell("c")
    assert running.posted == ["a", "b", "c"]


async def test_an_event_is_about_what_the_work_was_that_tells_it(running: Desk) -> None:
    with bind_context(policy="team/shop", cluster="c1"):
        await running.tell("a")
    await running.tell("b")
    shop = {"policy": "team/shop", "cluster": "c1"}
    assert running.about == [("a", shop, shop), ("b", {}, {})]


async def test_an_event_is_a_line_of_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await desk.tell("Vault is well.")
    await desk.queue.post_event(SEEN, type_="Warning", reason="Sealed", message="It is sealed.")
    told = [(each.levelname, vars(each)["reason"], each.message) for each in caplog.records]
    assert told == [("INFO", "Told", "Vault is well."), ("WARNING", "Sealed", "It is sealed.")]


async def test_work_goes_first(running: Desk, timer: FakeTimer) -> None:
    running.is_busy = True
    await running.tell("a", "b")
    await timer.advance(1)
    assert running.posted == []
    running.is_busy = False
    await timer.advance(1)
    assert running.posted == ["a", "b"]


async def test_no_event_waits_for_long(running: Desk, timer: FakeTimer) -> None:
    running.is_busy = True
    await running.tell("a")
    await timer.advance(event_queue.LONGEST_WAIT_SECONDS + 1)
    assert running.posted == ["a"]


async def test_nobody_waits_for_an_api_server_that_is_away(running: Desk) -> None:
    running.is_open.clear()
    await running.tell("a", "b")
    assert running.posted == []


async def test_a_bug_costs_one_event(running: Desk, caplog: pytest.LogCaptureFixture) -> None:
    await running.tell("bug", "a")
    assert running.posted == ["a"]
    assert "bug: an event could not be posted" in caplog.text


async def test_what_is_left_at_the_stop_is_posted_by_a_flush(desk: Desk) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(desk.queue.run(stop))
    desk.is_open.clear()
    await desk.tell("a", "b")
    stop.set()
    await task
    desk.is_open.set()
    await desk.queue.flush()
    assert desk.posted == ["a", "b"]


async def test_a_flush_takes_no_longer_than_it_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "FLUSH_SECONDS", 0.01)
    desk.is_open.clear()
    await desk.tell("a")
    await desk.queue.flush()
    assert desk.posted == []


async def test_of_too_many_the_oldest_are_dropped(
    timer: FakeTimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "LIMIT", 2)
    desk = Desk(timer)
    await desk.tell("a", "b", "c")
    await desk.queue.flush()
    assert desk.posted == ["b", "c"]

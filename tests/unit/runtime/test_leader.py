from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.runtime.fence import Fence, FencedError
from roottrust.runtime.leader import LeaderElection, LeadershipLostError
from roottrust.runtime.lease import LeaseLock
from tests.unit.runtime.fake_lease import FakeLeases, build_outage

DENIED = AccessDeniedError(
    "The API server denied get.", reason=Reason.ACCESS_DENIED, path="x", capability="get"
)


class Hub:
    """A candidate whose work is to wait."""

    def __init__(self, name: str, *, leases: FakeLeases, timer: Any, slept: list[float]) -> None:
        def clock() -> float:
            return float(timer.now + sum(slept))

        client: Any = leases
        self.election = LeaderElection(
            lock=LeaseLock(client, namespace="ns", name="hub", identity=name, seconds=15),
            fence=Fence(open_seconds=10, clock=clock),
            retry_seconds=2,
            timer=timer,
            clock=clock,
            rng=Random(1),  # noqa: S311 - jitter
        )
        self.stop = asyncio.Event()
        self.ending = asyncio.Event()
        self.ending.set()
        self.told: list[str] = []
        self.failure: Exception | None = None
        self.task = asyncio.create_task(self.election.run(self.work))

    @property
    def leads(self) -> bool:
        return self.election.leads

    async def work(self) -> None:
        try:
            if await self.election.wait(self.stop):
                self.told.append("works")
                await self.stop.wait()
            await self.ending.wait()
            if self.failure is not None:
                raise self.failure
            self.told.append("has ended")
        except asyncio.CancelledError:
            self.told.append("is cut off")
            raise

    async def get_loss(self) -> str:
        with pytest.raises(LeadershipLostError) as caught:
            await self.task
        return caught.value.message


Start = Callable[[str], Hub]


@pytest.fixture
def leases() -> FakeLeases:
    return FakeLeases()


@pytest.fixture
def slept() -> list[float]:
    """For how long the machine was asleep: timers do not count that."""
    return []


@pytest.fixture
async def start(leases: FakeLeases, timer: Any, slept: list[float]) -> AsyncIterator[Start]:
    started: list[Hub] = []

    def start(name: str) -> Hub:
        hub = Hub(name, leases=leases, timer=timer, slept=slept)
        started.append(hub)
        return hub

    yield start
    for hub in started:
        hub.task.cancel()
    await asyncio.gather(*(hub.task for hub in started), return_exceptions=True)


async def test_free_lease_is_acquired_at_once(start: Start, timer: Any) -> None:
    hub = start("a")
    assert hub.election.describe() == "standby: nobody leads"
    await timer.advance(0)
    assert hub.leads
    assert hub.told == ["works"]
    assert hub.election.describe() == "leader: a"
    hub.election.check()


async def test_one_leads_and_the_other_stands_by(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    first, second = start("a"), start("b")
    await timer.advance(600)
    assert (first.leads, second.leads) == (True, False)
    assert second.told == []
    assert second.election.describe() == "standby: a leads"
    assert leases.writes == pytest.approx(300, abs=2)
    with pytest.raises(FencedError):
        second.election.check()


async def test_dead_leader_is_taken_over_from_when_its_lease_ends(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    leases.put("dead")
    hub = start("a")
    await timer.advance(14.9)
    assert not hub.leads
    await timer.advance(0.2)
    assert hub.leads
    assert hub.told == ["works"]


@pytest.mark.parametrize("moment", ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
async def test_times_of_other_machines_decide_nothing(
    start: Start, timer: Any, leases: FakeLeases, moment: str
) -> None:
    leases.put("other", renewTime=moment)
    hub = start("a")
    await timer.advance(14.9)
    assert not hub.leads
    await timer.advance(0.2)
    assert hub.leads


async def test_duration_that_the_holder_was_promised_counts(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    leases.put("other", leaseDurationSeconds=40)
    hub = start("a")
    await timer.advance(39)
    assert not hub.leads
    await timer.advance(2)
    assert hub.leads


async def test_one_of_several_takes_over(start: Start, timer: Any, leases: FakeLeases) -> None:
    leases.put("dead")
    hubs = [start(name) for name in "abc"]
    await timer.advance(20)
    assert sum(hub.leads for hub in hubs) == 1


async def test_short_outage_changes_nothing(start: Start, timer: Any, leases: FakeLeases) -> None:
    hub = start("a")
    await timer.advance(1)
    leases.failure = build_outage()
    await timer.advance(6.5)
    leases.failure = None
    await timer.advance(60)
    assert hub.leads
    assert hub.told == ["works"]


async def test_leader_that_cannot_renew_ends_before_its_lease(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    hub = start("a")
    await timer.advance(0)
    leases.failure = build_outage()
    await timer.advance(9.9)
    assert hub.leads
    await timer.advance(0.2)
    assert hub.told == ["works", "is cut off"]
    message = await hub.get_loss()
    assert "it could not be renewed for 10 s. The API server cannot be reached." in message
    assert hub.election.describe() == "standby: nobody leads"


async def test_leader_that_was_paused_may_write_nothing_when_it_wakes(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    hub = start("a")
    await timer.advance(0)
    timer.now += 60
    with pytest.raises(FencedError):
        hub.election.check()  # before anything else had its turn
    await timer.advance(0)
    assert hub.told == ["works", "is cut off"]
    assert "this process was held up for 60 s" in await hub.get_loss()
    assert leases.writes == 1


async def test_sleep_of_the_machine_counts(start: Start, timer: Any, slept: list[float]) -> None:
    hub = start("a")
    await timer.advance(0)
    slept.append(3600)
    with pytest.raises(FencedError):
        hub.election.check()
    await timer.advance(2)
    assert "held up for 3602 s" in await hub.get_loss()


async def test_pause_within_a_renewal_counts_from_its_begin(
    start: Start,
    timer: Any,
    leases: FakeLeases,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = start("a")
    await timer.advance(0)
    write = leases.patch_json

    async def pause(*arguments: Any, **place: str) -> dict[str, Any]:
        slept.append(60)
        return await write(*arguments, **place)

    monkeypatch.setattr(leases, "patch_json", pause)
    await timer.advance(2)
    with pytest.raises(FencedError):
        hub.election.check()
    assert "held up" in await hub.get_loss()


async def test_lost_answer_is_no_loss(start: Start, timer: Any, leases: FakeLeases) -> None:
    leases.loses_answers = True
    hub = start("a")
    await timer.advance(0)
    assert not hub.leads
    leases.loses_answers = False
    await timer.advance(3)
    assert hub.leads
    leases.loses_answers = True
    await timer.advance(3)
    leases.loses_answers = False
    await timer.advance(60)
    assert hub.leads
    assert hub.told == ["works"]


async def test_lease_that_another_has_taken_is_lost(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    hub = start("a")
    await timer.advance(0)
    leases.put("b")
    await timer.advance(2)
    assert "lost the lease ns/hub: b holds it." in await hub.get_loss()
    assert leases.holder == "b"
    with pytest.raises(FencedError):
        hub.election.check()


async def test_deleted_lease_is_made_anew_by_its_holder(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    first, second = start("a"), start("b")
    await timer.advance(10)
    leases.found = None
    await timer.advance(10)
    assert (first.leads, second.leads) == (True, False)
    assert leases.holder == "a"


async def test_stop_releases_the_lease_after_the_work(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    first, second = start("a"), start("b")
    await timer.advance(5)
    first.ending.clear()
    first.stop.set()
    await timer.advance(18)
    assert first.leads  # it still works, and holds the lease for as long
    first.ending.set()
    await first.task
    assert first.told == ["works", "has ended"]
    assert leases.holder == ""
    with pytest.raises(FencedError):
        first.election.check()
    await timer.advance(2.4)
    assert second.leads


async def test_stop_of_a_standby_touches_nothing(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    leases.put("other")
    hub = start("a")
    await timer.advance(5)
    hub.stop.set()
    await hub.task
    assert hub.told == ["has ended"]
    assert (leases.writes, leases.holder) == (0, "other")


async def test_lease_that_cannot_be_released_ends_by_itself(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    hub = start("a")
    await timer.advance(0)
    leases.failure = build_outage()
    hub.stop.set()
    await hub.task
    assert not hub.leads


async def test_work_that_fails_releases_the_lease(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    hub = start("a")
    await timer.advance(0)
    hub.failure = ValueError("broken")
    hub.stop.set()
    with pytest.raises(ValueError, match="broken"):
        await hub.task
    assert leases.holder == ""


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        (DENIED, "apply deploy/base/rbac.yaml"),
        (DependencyMissingError("no", reason=Reason.API_REFUSED), "create its namespace"),
    ],
)
async def test_lease_that_cannot_be_had_is_explained(
    start: Start, timer: Any, leases: FakeLeases, failure: RootTrustError, advice: str
) -> None:
    leases.failure = failure
    hub = start("a")
    await timer.advance(0)
    with pytest.raises(DependencyMissingError, match=advice):
        await hub.task
    assert hub.told == ["is cut off"]


async def test_outage_at_the_start_is_waited_for(
    start: Start, timer: Any, leases: FakeLeases, caplog: pytest.LogCaptureFixture
) -> None:
    leases.failure = build_outage()
    hub = start("a")
    await timer.advance(30)
    leases.failure = None
    await timer.advance(3)
    assert hub.leads
    assert caplog.text.count("cannot be used") == 1


async def test_refusal_of_a_lease_that_was_seen_is_waited_for(
    start: Start, timer: Any, leases: FakeLeases
) -> None:
    leases.put("other")
    hub = start("a")
    await timer.advance(5)
    leases.failure = DENIED
    await timer.advance(30)
    leases.failure = None
    await timer.advance(3)
    assert hub.leads


async def test_gain_and_loss_are_one_line_each(
    start: Start, timer: Any, leases: FakeLeases, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hub = start("a")
    await timer.advance(20)
    leases.put("b")
    await timer.advance(2)
    await hub.get_loss()
    assert [record.message for record in caplog.records] == [
        "a leads: it holds the lease ns/hub",
        "a leads no more and ends, since it has lost the lease ns/hub: b holds it.",
    ]

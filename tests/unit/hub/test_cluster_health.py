from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import AccessDeniedError, ConflictError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_calls import ClusterCalls
from roottrust.hub.cluster_health import ClusterHealth
from roottrust.runtime.fence import FencedError
from tests.unit.domain.certificates import NOW
from tests.unit.runtime.conftest import FakeTimer

Probe = Callable[[], Awaitable[object]]

AWAY = TransientError("No answer.", reason=Reason.API_UNREACHABLE)
DENIED = AccessDeniedError(
    "The API server denied list on /x: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="/x",
    capability="list",
)


class Bench:
    """The health of one cluster, of which both kinds were listed."""

    def __init__(self, timer: FakeTimer) -> None:
        self.timer = timer
        self.changes: list[ClusterTrouble | None] = []
        self.health = ClusterHealth(
            "c2",
            secret=lambda: "cluster-c2",
            expected=frozenset({"meshes", "certificates"}),
            now=self._get_now,
            on_change=lambda: self.changes.append(self.health.trouble),
        )
        self.calls = ClusterCalls("c2", health=self.health, call_seconds=0.05)

    def _get_now(self) -> datetime:
        return NOW + timedelta(seconds=self.timer.now - 1000)

    @property
    def reason(self) -> Reason | None:
        trouble = self.health.trouble
        return trouble.reason if trouble else None

    def settle(self) -> None:
        for source in ("meshes", "certificates"):
            self.health.tell(source, None)
        self.changes.clear()


@pytest.fixture
def bench(timer: FakeTimer) -> Bench:
    bench = Bench(timer)
    bench.settle()
    return bench


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()


@pytest.fixture
async def probes(bench: Bench) -> AsyncIterator[list[Probe]]:
    """What comes of probes, one after the other; they go on meanwhile."""
    left: list[Probe] = []
    task = asyncio.create_task(bench.calls.probe(lambda: left.pop(0)(), timer=bench.timer))
    yield left
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_before_everything_was_listed_nothing_is_known(timer: FakeTimer) -> None:
    bench = Bench(timer)
    assert bench.reason is Reason.CLUSTER_CONNECTING
    bench.health.tell("meshes", None)
    assert bench.reason is Reason.CLUSTER_CONNECTING
    bench.health.tell("certificates", None)
    assert bench.changes == [None]


async def test_a_trouble_is_told_once_with_its_beginning_and_its_end(bench: Bench) -> None:
    for _ in range(3):
        bench.health.tell("meshes", AWAY)
        await bench.timer.advance(60)
    assert bench.changes == [
        ClusterTrouble(reason=Reason.CLUSTER_UNREACHABLE, message="No answer.", since=NOW)
    ]
    bench.health.tell("certificates", DENIED)
    bench.health.tell("meshes", None)
    assert bench.reason is Reason.CLUSTER_ACCESS_DENIED
    bench.health.tell("certificates", None)
    assert bench.changes[-1] is None


async def test_another_failure_of_the_same_reason_is_no_news(bench: Bench) -> None:
    bench.health.tell("meshes", AWAY)
    other = TransientError("Connection refused.", reason=Reason.API_UNREACHABLE)
    bench.health.tell("meshes", other)
    assert len(bench.changes) == 1


def test_a_refusal_names_the_secret_and_what_to_run(bench: Bench) -> None:
    bench.health.tell("meshes", DENIED)
    trouble = bench.health.trouble
    assert trouble is not None
    assert "list on /x to the token of Secret cluster-c2" in trouble.message
    assert "`roottrust cluster join c2`" in trouble.message


async def answer() -> str:
    return "answer"


async def fail() -> str:
    raise AWAY


async def test_after_a_call_that_failed_there_is_none_until_a_probe_is_answered(
    bench: Bench, probes: list[Probe]
) -> None:
    with pytest.raises(TransientError, match=r"Cluster c2 .*No answer"):
        await bench.calls.run(fail)
    with pytest.raises(TransientError, match="Cluster c2"):
        await bench.calls.run(answer)
    probes += [fail, answer]
    await bench.timer.advance(1.1)
    assert bench.reason is Reason.CLUSTER_UNREACHABLE, "nobody has to find it out anew"
    await bench.timer.advance(2.1)
    assert bench.health.trouble is None
    assert await bench.calls.run(answer) == "answer"
    assert len(bench.changes) == 2


async def test_any_answer_to_a_probe_counts(bench: Bench, probes: list[Probe]) -> None:
    async def deny() -> str:
        raise DENIED

    with pytest.raises(TransientError):
        await bench.calls.run(fail)
    probes.append(deny)
    await bench.timer.advance(1.1)
    assert bench.health.trouble is None


async def test_a_cluster_that_answers_probes_alone_is_asked_less_and_less(
    bench: Bench, probes: list[Probe]
) -> None:
    async def hang() -> None:
        await asyncio.sleep(3600)

    probes += [answer] * 600
    asked = 0
    for _ in range(600):
        if bench.health.trouble is None:
            asked += 1
            with pytest.raises(TransientError, match="does not answer within"):
                await bench.calls.run(hang)
        await bench.timer.advance(1)
    assert 5 < asked <= 10
    told = [each.since for each in bench.changes if each is not None]
    assert set(told) == {NOW}, "it is one trouble all the time"


@pytest.mark.parametrize(
    "error",
    [
        ConflictError("Another writer.", reason=Reason.CONFLICT),
        FencedError("Not leading.", reason=Reason.NOT_LEADING),
        DENIED,
    ],
)
async def test_what_a_cluster_answers_is_no_trouble_of_it(bench: Bench, error: Exception) -> None:
    async def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await bench.calls.run(fail)
    assert caught.value is error
    assert bench.health.trouble is None

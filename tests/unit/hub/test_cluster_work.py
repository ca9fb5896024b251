from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from roottrust.domain.policy import PolicyIdentity
from roottrust.hub.cluster_work import ClusterWork

POLICY = PolicyIdentity(namespace="gloo-mesh", name="fleet", uid="1")
OTHER = PolicyIdentity(namespace="gloo-mesh", name="other", uid="2")


class Bench:
    """Items by the name of their cluster, some of which wait for a gate."""

    def __init__(self, *, turn_seconds: float = 10.0) -> None:
        self.done: list[str] = []
        self.late: list[PolicyIdentity] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.work = ClusterWork(
            on_late=self.late.append, patience_seconds=0.05, turn_seconds=turn_seconds
        )

    async def do(self, *items: str, policy: PolicyIdentity = POLICY) -> tuple[str, ...]:
        return await self.work.do(
            policy, items, get_cluster=lambda item: item[0], work=self._work_on
        )

    def hold(self, item: str) -> asyncio.Event:
        self.gates[item] = asyncio.Event()
        return self.gates[item]

    async def _work_on(self, item: str) -> None:
        if item in self.gates:
            await self.gates[item].wait()
        if "bug" in item:
            raise ValueError(item)
        self.done.append(item)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.work.close()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_items_of_one_cluster_keep_their_order(bench: Bench) -> None:
    assert await bench.do("a1", "b1", "a2", "b2") == ()
    assert [each for each in bench.done if each[0] == "a"] == ["a1", "a2"]
    assert bench.late == []


async def test_a_pass_waits_for_a_moment_and_is_looked_at_again_at_the_end(bench: Bench) -> None:
    gate = bench.hold("a1")
    assert await bench.do("a1", "a2", "b1", "b2") == ("a1", "a2")
    assert bench.done == ["b1", "b2"]
    gate.set()
    await settle()
    assert bench.done == ["b1", "b2", "a1", "a2"]
    assert bench.late == [POLICY]


async def test_a_cluster_where_something_goes_on_is_left_alone_by_that_policy(bench: Bench) -> None:
    gate = bench.hold("a1")
    await bench.do("a1")
    assert await bench.do("a3", "b3") == ("a3",)
    assert await bench.do("a4", policy=OTHER) == ()
    gate.set()
    await settle()
    assert bench.done == ["b3", "a4", "a1"]
    assert await bench.do("a3") == ()


async def test_a_turn_in_one_cluster_ends_before_all_is_done() -> None:
    bench = Bench(turn_seconds=-1)
    assert await bench.do("a1", "a2", "b1") == ("a2",)
    await bench.work.close()


async def test_a_bug_is_raised_or_told_if_it_comes_late(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError, match="a-bug"):
        await bench.do("a-bug")
    gate = bench.hold("b-bug")
    await bench.do("b-bug")
    gate.set()
    await settle()
    assert "work in cluster b failed" in caplog.text
    assert bench.late == [POLICY]


async def test_what_goes_on_ends_with_the_hub_and_with_a_pass_that_is_cancelled() -> None:
    bench = Bench()
    bench.hold("a1")
    bench.hold("b1")
    await bench.do("a1")
    task = asyncio.create_task(bench.do("b1"))
    await settle()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.work.close()
    await settle()
    assert (bench.done, bench.late) == ([], [])
    assert asyncio.all_tasks() == {asyncio.current_task()}

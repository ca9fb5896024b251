"""What policies and mirrors are told of registered clusters, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field

from roottrust.hub.cluster_news import LONGEST_SECONDS, ClusterNews
from tests.unit.runtime.conftest import FakeTimer


@dataclass
class Bench:
    timer: FakeTimer = field(default_factory=FakeTimer)
    told: list[str] = field(default_factory=list)
    starting: int = 0

    def __post_init__(self) -> None:
        self.news = ClusterNews(
            on_change=self.tell_policies,
            on_cluster=self.told.append,
            timer=self.timer,
            count_starting=lambda: self.starting,
        )

    def tell_policies(self) -> None:
        assert not self.news.is_pending("c2"), "policies read it anew from now on"
        self.told.append("policies")


async def test_policies_learn_of_clusters_before_anybody_looks_at_their_mirrors() -> None:
    bench = Bench()
    for name in ("c3", "c2", "c3"):
        bench.news.note(name)
    assert bench.news.is_pending("c2")
    assert not bench.news.is_pending("c4")
    assert bench.told == []
    await bench.timer.advance(1)
    assert bench.told == ["policies", "c2", "c3"]
    assert not bench.news.is_pending("c2")


async def test_a_new_set_of_clusters_is_the_policies_affair_alone() -> None:
    bench = Bench()
    bench.news.note_set()
    await bench.timer.advance(1)
    assert bench.told == ["policies"]


async def test_a_thousand_that_come_back_have_policies_told_every_two_seconds() -> None:
    bench = Bench()
    for number in range(1000):
        bench.news.note(f"n{number}")
        await bench.timer.advance(0.04)
    await bench.timer.advance(LONGEST_SECONDS)
    assert 20 <= bench.told.count("policies") <= 26
    assert len(set(bench.told)) == 1001


async def test_a_thousand_that_are_read_at_the_start_have_policies_told_less_often() -> None:
    bench = Bench(starting=1000)
    for number in range(1000):
        bench.starting -= 1
        bench.news.note(f"n{number}")
        await bench.timer.advance(0.04)
    assert bench.told.count("policies") < 12
    await bench.timer.advance(LONGEST_SECONDS)
    assert len(set(bench.told)) == 1001, "the last ones are not told later than others"


async def test_once_closed_nothing_is_told() -> None:
    bench = Bench()
    bench.news.note("c2")
    bench.news.close()
    await bench.timer.advance(10)
    assert bench.told == []

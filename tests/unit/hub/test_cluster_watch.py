from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from roottrust.domain.known import KnownCluster
from roottrust.hub.cluster_watch import RETRY_SECONDS, ClusterWatch
from tests.unit.domain.samples import build_known
from tests.unit.runtime.conftest import FakeTimer

INTERVAL = 300.0


@dataclass
class Registry:
    has_changed: bool = False
    trouble: str | None = None
    asked: int = 0

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        return (build_known(keys_trouble=self.trouble),)

    async def refresh(self) -> bool:
        self.asked += 1
        return self.has_changed


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
async def timer(registry: Registry, told: list[str]) -> AsyncIterator[FakeTimer]:
    """The clock of a watch that runs."""
    timer, stop = FakeTimer(), asyncio.Event()
    watch = ClusterWatch(
        registry,
        on_change=lambda: told.append("changed"),
        interval_seconds=INTERVAL,
        timer=timer,
    )
    task = asyncio.create_task(watch.run(stop))
    await timer.advance(0)
    yield timer
    stop.set()
    await task


async def test_clusters_are_read_again_every_five_minutes(
    timer: FakeTimer, registry: Registry, told: list[str]
) -> None:
    await timer.advance(INTERVAL - 1)
    assert registry.asked == 0
    await timer.advance(1)
    assert (registry.asked, told) == (1, [])


async def test_a_change_is_told(timer: FakeTimer, registry: Registry, told: list[str]) -> None:
    registry.has_changed = True
    await timer.advance(INTERVAL)
    assert told == ["changed"]


async def test_what_could_not_be_read_is_tried_again_soon(
    timer: FakeTimer, registry: Registry
) -> None:
    registry.trouble = "No answer."
    await timer.advance(INTERVAL)
    await timer.advance(RETRY_SECONDS)
    await timer.advance(RETRY_SECONDS)
    assert registry.asked == 3

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.watch_audit import WatchAudit
from roottrust.runtime.watching import WatchedKind

POLICIES = ResourceKind(group="a.io", version="v2", plural="policies", kind="Policy")


def build(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "ns", "resourceVersion": str(version)}}


def key(name: str) -> ObjectKey:
    return ObjectKey(kind=POLICIES, namespace="ns", name=name)


class FakeServer:
    """The API server's side: `objects` is what a list returns."""

    server = "https://api"

    def __init__(self) -> None:
        self.objects: dict[str, int] = {}
        self.lists = 0
        self.failing = False

    async def list(self, _kind: ResourceKind, **_: object) -> tuple[dict[str, Any], ...]:
        self.lists += 1
        return tuple(build(name, version) for name, version in self.objects.items())

    async def list_metadata(self, _kind: ResourceKind, **_: object) -> Any:
        if self.failing:
            raise TransientError("down", reason=Reason.API_UNREACHABLE)
        return tuple(build(name, version) for name, version in self.objects.items())


class Bench:
    def __init__(self, timer: Any) -> None:
        self.timer = timer
        self.server = FakeServer()
        self.store = ObjectStore([POLICIES])
        self.changed: list[ObjectKey] = []
        self.audit = WatchAudit(
            client=self.server,  # type: ignore[arg-type]
            store=self.store,
            watched=(WatchedKind(resource=POLICIES),),
            on_change=self.changed.append,
            timer=timer,
        )
        self.stop = asyncio.Event()

    def watch(self, name: str, version: int, event_type: str = "MODIFIED") -> None:
        self.store.apply_event(POLICIES, event_type, build(name, version))


@pytest.fixture
async def bench(timer: Any) -> AsyncIterator[Bench]:
    bench = Bench(timer)
    bench.server.objects = {"a": 1}
    bench.watch("a", 1)
    task = asyncio.create_task(bench.audit.run(bench.stop))
    yield bench
    bench.stop.set()
    await task


async def test_equal_is_well(bench: Bench) -> None:
    await bench.timer.advance(200)
    assert bench.audit.check() is None
    assert (bench.server.lists, bench.changed) == (0, [])


async def test_watch_that_is_only_slow_is_well(bench: Bench) -> None:
    bench.server.objects["a"] = 5
    await bench.timer.advance(65)
    bench.watch("a", 5)
    await bench.timer.advance(60)
    assert bench.audit.check() is None
    assert bench.server.lists == 0


def _change(server: FakeServer) -> None:
    server.objects["a"] = 5


def _add(server: FakeServer) -> None:
    server.objects["b"] = 5


def _delete(server: FakeServer) -> None:
    server.objects.clear()


@pytest.mark.parametrize(
    ("happen", "name"), [(_change, "a"), (_add, "b"), (_delete, "a")], ids=lambda value: str(value)
)
async def test_missed_change_is_made_up_for_and_told(
    bench: Bench, happen: Callable[[FakeServer], None], name: str
) -> None:
    happen(bench.server)
    await bench.timer.advance(91)
    assert bench.changed == [key(name)]
    assert {found.name for found in bench.store.keys(POLICIES)} == set(bench.server.objects)
    assert bench.audit.check() == "watches miss changes: policies.a.io"


async def test_silence_ends_with_the_next_event(bench: Bench) -> None:
    bench.server.objects["a"] = 5
    await bench.timer.advance(91)
    await bench.timer.advance(200)
    assert bench.audit.check() is not None
    bench.server.objects["a"] = 6
    bench.watch("a", 6)
    await bench.timer.advance(61)
    assert bench.audit.check() is None


async def test_object_that_came_and_went_is_no_miss(bench: Bench) -> None:
    bench.server.objects["b"] = 5
    await bench.timer.advance(61)
    del bench.server.objects["b"]
    await bench.timer.advance(31)
    assert bench.audit.check() is None
    assert bench.changed == []


async def test_object_younger_than_the_list_is_no_miss(bench: Bench) -> None:
    bench.watch("b", 7)
    await bench.timer.advance(61)
    bench.server.objects["b"] = 7
    await bench.timer.advance(31)
    assert bench.audit.check() is None


async def test_failed_audit_says_nothing(bench: Bench) -> None:
    bench.server.failing = True
    bench.server.objects["a"] = 5
    await bench.timer.advance(200)
    assert bench.audit.check() is None
    bench.server.failing = False
    await bench.timer.advance(91)
    assert bench.audit.check() is not None

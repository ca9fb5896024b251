from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest

from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.kind import SECRETS
from roottrust.kube.page import Page
from roottrust.kube.watch_client import WatchEvent
from roottrust.runtime.client_watch import EVENTS_PER_SECOND, ClientWatch
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.store_bound import StoreBound
from roottrust.runtime.watching import WatchedKind
from tests.unit.runtime.conftest import FakeTimer

AWAY = TransientError("No answer.", reason=Reason.API_UNREACHABLE)
EXPIRED = TransientError("Too old.", reason=Reason.API_UNREACHABLE)


def build(name: str = "x", version: str = "1", **fields: Any) -> dict[str, Any]:
    metadata = {"namespace": "ns", "name": name, "resourceVersion": version}
    return {"metadata": metadata, **fields}


class FakeServer:
    """Lists what it has, and sends the changes that a test puts in."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.failure: RootTrustError | None = None
        self.changes: asyncio.Queue[WatchEvent | RootTrustError | None] = asyncio.Queue()
        self.listed = 0
        self.versions: list[str] = []

    def have(self, *items: dict[str, Any], version: str = "5") -> None:
        self.pages = [Page(items=items, version=version, following="")]

    async def list_page(self, *_: Any, following: str, **__: Any) -> Page:
        self.listed += not following
        if self.failure is not None:
            raise self.failure
        return self.pages[int(following or 0)]

    async def watch(self, *_: Any, version: str, **__: Any) -> AsyncGenerator[WatchEvent]:
        self.versions.append(version)
        while True:
            change = await self.changes.get()
            if change is None:
                return
            if isinstance(change, RootTrustError):
                raise change
            yield change

    def send(self, type_: str, found: dict[str, Any], size: int = 10) -> None:
        self.changes.put_nowait(WatchEvent(type=type_, found=found, size=size))


class Bench:
    """A watch of one kind, and what it told of."""

    def __init__(self, timer: FakeTimer) -> None:
        self.timer = timer
        self.task: asyncio.Task[None] | None = None
        self.server = FakeServer()
        self.store = ObjectStore([SECRETS])
        self.changes: list[tuple[str, Any]] = []
        self.states: list[str | None] = []
        self.watch = ClientWatch(
            cast("Any", self.server),
            self.store,
            WatchedKind(resource=SECRETS, namespace="ns"),
            on_change=self._take,
            on_state=lambda error: self.states.append(error.message if error else None),
            timer=timer,
            bound=StoreBound(SECRETS, objects=200, size=2**20),
        )

    def _take(self, key: ObjectKey, before: Any) -> None:
        self.changes.append((key.name, before["metadata"]["resourceVersion"] if before else None))

    async def advance(self, seconds: float = 0.0) -> None:
        """Let time pass; the watch begins with the first of it."""
        self.task = self.task or asyncio.create_task(self.watch.run())
        await self.timer.advance(seconds)
        assert not self.task.done(), self.task

    @property
    def names(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.store.list(SECRETS)]


@pytest.fixture
async def bench(timer: FakeTimer) -> AsyncIterator[Bench]:
    bench = Bench(timer)
    yield bench
    if bench.task is not None:
        bench.task.cancel()
        await asyncio.gather(bench.task, return_exceptions=True)


async def test_what_is_listed_and_what_changes_is_stored_and_told(bench: Bench) -> None:
    bench.server.have(build("a"), build("b"))
    await bench.advance()
    assert (bench.names, bench.states) == (["a", "b"], [None])
    bench.server.send("MODIFIED", build("a", "6"))
    bench.server.send("DELETED", build("b", "7"))
    bench.server.send("ADDED", build("c", "8"))
    bench.server.send("BOOKMARK", {"metadata": {"resourceVersion": "9"}})
    await bench.advance()
    assert bench.names == ["a", "c"]
    assert bench.changes == [("a", None), ("b", None), ("a", "1"), ("b", "1"), ("c", None)]
    bench.server.changes.put_nowait(None)
    await bench.advance(2)
    assert bench.server.versions == ["5", "9"]
    assert bench.server.listed == 1


async def test_a_list_comes_in_pages(bench: Bench) -> None:
    bench.server.pages = [
        Page(items=(build("a"),), version="5", following="1"),
        Page(items=(build("b"),), version="5", following=""),
    ]
    await bench.advance()
    assert bench.names == ["a", "b"]


async def test_a_server_that_is_away_is_asked_less_and_less(bench: Bench) -> None:
    bench.server.failure = AWAY
    await bench.advance(60)
    assert 5 <= bench.server.listed <= 9
    assert set(bench.states) == {"No answer."}
    assert not bench.store.synced
    bench.server.failure = None
    bench.server.have(build("a"))
    await bench.advance(120)
    assert bench.states[-1] is None
    assert bench.names == ["a"]


async def test_a_version_that_expired_is_no_trouble(bench: Bench) -> None:
    bench.server.have(build("a"), build("b"))
    await bench.advance()
    bench.server.have(build("b"), version="50")
    bench.server.changes.put_nowait(EXPIRED)
    await bench.advance(2)
    assert bench.states == [None, None]
    assert bench.names == ["b"]
    assert bench.changes[-1] == ("a", "1")
    assert bench.server.versions == ["5", "50"]


async def test_watches_that_end_at_once_are_not_begun_faster_than_each_second(
    bench: Bench,
) -> None:
    bench.server.have()
    for _ in range(100):
        bench.server.changes.put_nowait(None)
    await bench.advance(10)
    assert len(bench.server.versions) <= 11


async def test_lists_and_watches_that_break_at_once_are_backed_off_from(bench: Bench) -> None:
    bench.server.have()
    for _ in range(100):
        bench.server.changes.put_nowait(AWAY)
    await bench.advance(60)
    assert bench.server.listed <= 9


async def test_a_flood_of_changes_is_read_at_a_bounded_pace(bench: Bench) -> None:
    bench.server.have(build("a"))
    await bench.advance()
    for version in range(10 * EVENTS_PER_SECOND):
        bench.server.send("MODIFIED", build("a", str(version + 10)))
    await bench.advance(3.5)
    assert 6 * EVENTS_PER_SECOND <= bench.server.changes.qsize() < 8 * EVENTS_PER_SECOND


async def test_more_than_the_bound_is_refused_as_a_whole(bench: Bench) -> None:
    bench.server.have(*(build(f"n{number}") for number in range(201)))
    await bench.advance()
    (state,) = bench.states
    assert str(state).startswith("It has more than 200 secrets, more than the hub takes over")
    assert not bench.store.synced
    bench.server.have(build("a"))
    await bench.advance(2)
    assert bench.states[-1] is None


async def test_what_grows_beyond_the_bound_keeps_what_was_known(bench: Bench) -> None:
    bench.server.have(build("a"))
    await bench.advance()
    bench.server.have(build("a"), build("b", data="x" * 2**20))
    bench.server.send("ADDED", build("b"), size=2**20)
    await bench.advance(2)
    assert bench.names == ["a"]
    assert str(bench.states[-1]).startswith("It has more than 1 MiB of secrets")


async def test_what_is_gone_counts_no_more(bench: Bench) -> None:
    bench.server.have()
    await bench.advance()
    for number in range(150):
        bench.server.send("ADDED", build(f"n{number}"), size=100)
        bench.server.send("DELETED", build(f"n{number}", "2"), size=100)
    await bench.advance(20)
    assert bench.names == []
    assert bench.server.listed == 1


async def test_a_kind_that_is_not_known_asks_for_the_definitions(bench: Bench) -> None:
    bench.server.failure = DependencyMissingError("x", reason=Reason.API_REFUSED)
    await bench.advance()
    (state,) = bench.states
    assert str(state).endswith("secrets/v1: apply the CustomResourceDefinitions in crds/ there.")

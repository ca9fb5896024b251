from __future__ import annotations

from datetime import timedelta
from typing import Any

from roottrust.cluster.kinds import POLICIES
from roottrust.cluster.policy_release import MORE_SECONDS, PolicyRelease
from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from tests.unit.domain.certificates import NOW


class Bench:
    """An API server with one policy that is being deleted."""

    def __init__(self, *finalizers: str) -> None:
        self.finalizers = list(finalizers)
        self.events: list[str] = []
        self.error: Exception | None = None
        self.now = NOW
        anything: Any = self
        self.release = PolicyRelease(
            anything, deletion_seconds=120, events=anything, now=lambda: self.now
        )

    async def patch_json(self, kind: Any, operations: Any, **place: str) -> None:
        assert (kind, place["namespace"], place["name"]) == (POLICIES, "gloo-mesh", "guide")
        if self.error is not None:
            raise self.error
        uid, known, removal = operations
        assert (uid["value"], known["op"], removal["op"]) == ("u-1", "test", "remove")
        index = int(removal["path"].rsplit("/", 1)[1])
        assert self.finalizers.pop(index) == known["value"] == FINALIZER

    async def post_event(self, involved: Any, *, type_: str, reason: str, message: str) -> None:
        assert (involved["kind"], type_, message[-1]) == ("RootTrustPolicy", "Warning", ".")
        self.events.append(reason)

    async def advance(self) -> float | None:
        metadata = {
            "namespace": "gloo-mesh",
            "name": "guide",
            "uid": "u-1",
            "deletionTimestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "finalizers": list(self.finalizers),
        }
        return await self.release.advance({"metadata": metadata})


async def test_the_hub_has_its_time_and_then_the_policy_goes() -> None:
    bench = Bench("theirs", FINALIZER)
    assert await bench.advance() == 120 + MORE_SECONDS
    bench.now += timedelta(seconds=120 + MORE_SECONDS - 1)
    assert await bench.advance() == 1
    assert bench.events == []
    bench.now += timedelta(seconds=1)
    assert await bench.advance() is None
    assert bench.finalizers == ["theirs"]
    assert bench.events == [Reason.LEFT_IN_VAULT]


async def test_what_is_held_by_others_is_theirs() -> None:
    bench = Bench("theirs")
    bench.now += timedelta(days=1)
    assert await bench.advance() is None
    assert bench.finalizers == ["theirs"]


async def test_one_that_has_gone_meanwhile_is_gone() -> None:
    bench = Bench(FINALIZER)
    bench.now += timedelta(days=1)
    bench.error = DependencyMissingError("gone", reason=Reason.API_REFUSED)
    assert await bench.advance() is None

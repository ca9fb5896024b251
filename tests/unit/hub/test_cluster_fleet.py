from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.cluster_registration import Registration, Registrations, read_registrations
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.hub import cluster_fleet
from roottrust.hub.cluster_fleet import STARTS_AT_ONCE, ClusterFleet
from roottrust.hub.cluster_set import ClusterSet
from tests.unit.domain.issuances import KEY, build_certificate
from tests.unit.domain.kubeconfigs import build_secret, build_text
from tests.unit.domain.samples import build_known
from tests.unit.hub.fakes import FakeRegistry, fake
from tests.unit.runtime.conftest import settle


@dataclass
class FakeHealth:
    told: list[str | None] = field(default_factory=list)

    def tell(self, source: str, error: Exception | None) -> None:
        self.told.append(source if error else None)


@dataclass
class FakeCluster:
    """A registered cluster that does what a test says."""

    registration: Registration
    health: FakeHealth = field(default_factory=FakeHealth)
    objects: object = field(default_factory=object)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    bug: Exception | None = None
    runs: int = 0
    is_closed: bool = False

    @property
    def name(self) -> str:
        return self.registration.name

    def read(self) -> KnownCluster:
        return build_known(self.name)

    def find_owned(self, policy: str) -> dict[Any, Any]:
        return {replace(KEY, cluster=self.name): policy}

    async def list_certificates(self) -> tuple[Any, ...]:
        return (self.name,)

    async def issue_reviewer_token(self) -> Any:
        return f"token of {self.name}"

    def take_over(self, registration: Registration) -> None:
        self.registration = registration

    async def wait_settled(self) -> None:
        await self.settled.wait()

    async def run(self) -> None:
        self.runs += 1
        if self.bug is not None:
            raise self.bug
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.is_closed = True


class Bench:
    """A fleet whose own cluster is cluster1."""

    def __init__(self) -> None:
        self.built: list[FakeCluster] = []
        self.changes = 0
        self.bug: Exception | None = None
        self.own = FakeRegistry()
        self.set = ClusterSet(fake(self.own))
        self.fleet = ClusterFleet(self.set, build=fake(self._build), on_change=self._count)

    def _build(self, registration: Registration) -> FakeCluster:
        self.built.append(FakeCluster(registration, bug=self.bug))
        return self.built[-1]

    def _count(self) -> None:
        self.changes += 1

    def register(self, *names: str, **text: Any) -> Registrations:
        """Register clusters by one Secret each, and return what that comes to."""
        secrets = [build_secret(name, clusters={name: build_text(**text)}) for name in names]
        found = read_registrations(secrets, own_name="cluster1")
        self.fleet.register(found)
        return found

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.set.list_clusters()]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.fleet.close()


async def test_the_hubs_own_cluster_and_those_registered_are_served(bench: Bench) -> None:
    bench.register("c2", "c3")
    assert bench.names == ["cluster1", "c2", "c3"]
    assert bench.changes == 1
    assert bench.set.get_objects("c2") is bench.built[0].objects
    assert bench.set.get_objects("cluster1") is not None
    assert bench.set.get_objects("c4") is None
    assert [each.cluster for each in bench.set.find_owned("p")] == ["c2", "c3"]


async def test_the_certificates_of_all_are_listed(bench: Bench) -> None:
    bench.register("c2", "c3")
    bench.own.others = (build_certificate(),)
    found: Any = await bench.set.list_certificates()
    own = {"cluster1": (build_certificate(),)}
    assert found == {**own, "c2": ("c2",), "c3": ("c3",)}
    assert list(await bench.set.list_certificates(cluster="c2")) == ["c2"]


async def test_tokens_of_reviewers_come_from_the_cluster_that_is_named(bench: Bench) -> None:
    bench.register("c2")
    issued: Any = await bench.set.issue_reviewer_token("c2")
    assert issued == "token of c2"
    await bench.set.issue_reviewer_token("cluster1")
    assert bench.own.asked == ["cluster1"]
    with pytest.raises(DependencyMissingError, match="c3 is not registered") as caught:
        await bench.set.issue_reviewer_token("c3")
    assert caught.value.reason is Reason.NO_CLUSTER_SELECTED


async def test_what_is_registered_no_more_is_followed_no_more(bench: Bench) -> None:
    bench.register("c2", "c3")
    bench.register("c3")
    await settle()
    assert bench.names == ["cluster1", "c3"]
    assert [each.is_closed for each in bench.built] == [True, False]


async def test_the_same_registration_is_no_news(bench: Bench) -> None:
    bench.register("c2")
    bench.register("c2")
    assert (len(bench.built), bench.changes) == (1, 1)


async def test_another_token_is_taken_over_without_forgetting_anything(bench: Bench) -> None:
    bench.register("c2")
    bench.register("c2", user={"token": "another-token"})
    (cluster,) = bench.built
    assert cluster.registration.access.token == SecretStr("another-token")
    assert not cluster.is_closed


async def test_another_address_is_another_cluster(bench: Bench) -> None:
    bench.register("c2")
    bench.register("c2", cluster={"server": "https://10.0.0.9:6443"})
    await settle()
    assert [each.is_closed for each in bench.built] == [True, False]
    assert bench.names == ["cluster1", "c2"]
    assert bench.changes == 2


async def test_those_refused_are_known_with_their_reason(bench: Bench) -> None:
    bench.register("c2", user={"exec": {"command": "x"}})
    assert bench.built == []
    (own, refused) = bench.set.list_clusters()
    assert own.refusal is None
    assert refused.refusal is not None
    assert bench.changes == 1


async def test_the_start_waits_for_them_but_not_for_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_fleet, "SETTLE_SECONDS", 0.05)
    await bench.fleet.settle()
    bench.register("c2", "c3")
    bench.built[0].settled.set()
    async with asyncio.timeout(1):
        await bench.fleet.settle()


def count_running(bench: Bench) -> int:
    return sum(each.runs for each in bench.built)


async def test_of_many_only_some_connect_at_once(bench: Bench) -> None:
    bench.register(*(f"c{number:02}" for number in range(STARTS_AT_ONCE + 2)))
    await settle()
    assert count_running(bench) == STARTS_AT_ONCE
    bench.built[3].settled.set()
    await settle()
    assert count_running(bench) == STARTS_AT_ONCE + 1


async def test_those_that_leave_make_room(bench: Bench) -> None:
    bench.register(*(f"c{number:02}" for number in range(STARTS_AT_ONCE + 2)))
    await settle()
    bench.register("c00", *(f"d{number:02}" for number in range(STARTS_AT_ONCE)))
    await settle()
    assert [each.name for each in bench.built if each.name[0] == "d" and not each.runs] == ["d15"]


async def test_none_waits_for_those_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_fleet, "START_SECONDS", 0.01)
    bench = Bench()
    bench.register(*(f"c{number}" for number in range(STARTS_AT_ONCE + 2)))
    await asyncio.sleep(0.1)
    assert count_running(bench) == STARTS_AT_ONCE + 2
    await bench.fleet.close()


async def test_a_bug_that_one_brings_out_is_its_own(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_fleet, "BUG_SECONDS", 0.01)
    bench.bug = ValueError("strange")
    bench.register("c2")
    bench.bug = None
    bench.register("c2", "c3")
    await asyncio.sleep(0.1)
    broken, whole = bench.built
    assert broken.runs > 1
    assert broken.health.told[:2] == ["bug", None]
    assert (whole.runs, whole.health.told) == (1, [])

"""What keeps mirrors, with API servers in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.domain.mirror_plan import ToldCluster, ToldMesh
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.mesh_mirrors import TROUBLE_SECONDS, MeshMirrors
from roottrust.hub.mirror_pace import MESH_SECONDS, WRITES_MAX, WRITES_PER_SECOND
from roottrust.hub.mirror_writer import FIELD_MANAGER, MirrorWriter
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.leadership import SoleLeader
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectStore, build_key
from tests.unit.domain.certificates import NOW
from tests.unit.domain.mirrors import AWAY, NAME, PLACE, build_mesh, mirror, tell
from tests.unit.hub.fakes import FakeEvents, fake
from tests.unit.runtime.conftest import FakeTimer

RESYNC = 300.0
MESH = ToldMesh(manifest=build_mesh(selfSigned=False))


@dataclass
class FakeSource:
    """Clusters that tell what a test has them tell."""

    told: dict[str, ToldCluster] = field(default_factory=dict)
    refused: dict[str, ClusterTrouble | None] = field(default_factory=dict)
    change: datetime | None = None
    pending: set[str] = field(default_factory=set)

    def is_known(self, name: str) -> bool:
        return name not in self.pending

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.told)

    async def read(self, name: str, *, now: datetime) -> tuple[ToldCluster, datetime | None]:
        del now
        return self.told[name], self.change


@dataclass
class FakeApi:
    """An API server that takes writes, whose watch is late: only what was written is known."""

    writes: list[str] = field(default_factory=list)
    refused: dict[str, RootTrustError] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    version: int = 100

    async def apply(
        self,
        kind: ResourceKind,
        manifest: Mapping[str, Any],
        *,
        field_manager: str,
        subresource: str = "",
        force: bool = True,
    ) -> dict[str, Any]:
        assert (kind, field_manager) == (MESHES, FIELD_MANAGER)
        metadata = manifest["metadata"]
        if metadata["name"] in self.refused:
            raise self.refused[metadata["name"]]
        assert force == ("uid" in metadata), "nothing of others is taken over"
        self.writes.append(subresource or "apply")
        self.version += 1
        known = {"uid": f"u-{metadata['name']}", "resourceVersion": str(self.version)}
        self.metadata = {**self.metadata, **metadata, **known}
        return {"metadata": self.metadata}

    async def delete(self, kind: ResourceKind, *, namespace: str, name: str, uid: str) -> None:
        assert (kind, namespace, uid) == (MESHES, PLACE.home, f"u-{name}")
        if name in self.refused:
            raise self.refused[name]
        self.writes.append(f"delete {name}")


@dataclass
class Bench:
    source: FakeSource = field(default_factory=FakeSource)
    api: FakeApi = field(default_factory=FakeApi)
    events: FakeEvents = field(default_factory=FakeEvents)
    timer: FakeTimer = field(default_factory=FakeTimer)
    store: ObjectStore = field(
        default_factory=lambda: ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    )
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.mirrors = MeshMirrors(
            place=PLACE,
            source=fake(self.source),
            store=self.store,
            writer=MirrorWriter(fake(self.api), self.store, home=PLACE.home),
            post_event=self.events.post_event,
            leadership=SoleLeader(),
            metrics=Metrics(),
            resync_seconds=RESYNC,
            now=lambda: self.now,
            timer=self.timer,
        )

    def put(self, *manifests: Mapping[str, Any]) -> None:
        """Have objects in the hub's namespace."""
        for each in manifests:
            metadata = {**each["metadata"], "namespace": PLACE.home, "resourceVersion": "1"}
            self.store.apply_event(MESHES, "ADDED", {**each, "metadata": metadata})

    async def work(self, cluster: str = "c2") -> float | None:
        return await self.mirrors.reconcile(cluster)


async def test_a_mesh_is_mirrored_once() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH)}))
    assert await bench.work() == RESYNC
    assert bench.api.writes == ["apply", "status"]
    await bench.timer.advance(MESH_SECONDS)
    assert await bench.work() == RESYNC
    assert bench.api.writes == ["apply", "status"]


async def test_changes_that_go_on_are_written_every_few_seconds() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH)}))
    await bench.work()
    for number in range(100):
        told = ToldMesh(manifest=build_mesh(message=f"{number}"))
        bench.source.told["c2"] = tell(told)
        await bench.work()
        await bench.timer.advance(0.1)
    assert 3 <= len(bench.api.writes) <= 4
    await bench.timer.advance(MESH_SECONDS)
    await bench.work()
    found = bench.store.get(MESHES, namespace=PLACE.home, name=NAME)
    assert found is not None
    assert found["status"]["message"] == "99"


async def test_a_cluster_that_has_a_thousand_meshes_come_and_go_has_its_writes_bounded() -> None:
    bench = Bench(FakeSource({}))
    for number in range(100):
        names = [f"m{number}-{each}-c2" for each in range(100)]
        bench.source.told["c2"] = tell(*(ToldMesh(manifest=build_mesh(each)) for each in names))
        assert await bench.work() in {MESH_SECONDS, RESYNC}
        await bench.timer.advance(0.5)
    assert len(bench.api.writes) <= WRITES_MAX + 50 * WRITES_PER_SECOND


async def test_a_trouble_is_told_once_it_lasts() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH, trouble=AWAY)}))
    bench.put(*mirror(MESH).values())
    assert await bench.work() == TROUBLE_SECONDS
    assert bench.api.writes == []
    bench.now += timedelta(seconds=TROUBLE_SECONDS)
    await bench.work()
    assert bench.api.writes == ["status"]


async def test_a_cluster_that_is_connecting_is_waited_for() -> None:
    connecting = ClusterTrouble(reason=Reason.CLUSTER_CONNECTING, message="Soon.")
    bench = Bench(FakeSource({"c2": tell(is_known=False, trouble=connecting)}))
    bench.put(*mirror(MESH).values())
    assert await bench.work() is None
    assert bench.api.writes == []


async def test_a_cluster_that_policies_do_not_know_yet_keeps_its_mirrors() -> None:
    """Nobody could say which policies select its meshes: what was judged before would be lost."""
    bench = Bench(FakeSource({"c2": tell(MESH)}, pending={"c2"}))
    bench.put(*mirror(ToldMesh(manifest=build_mesh(message="before"))).values())
    assert await bench.work() is None
    assert bench.api.writes == []
    bench.source.pending.clear()
    await bench.work()
    assert bench.api.writes == ["status"]


async def test_time_alone_has_it_looked_at() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH)}, change=NOW + timedelta(seconds=30)))
    assert await bench.work() == 30
    bench.now += timedelta(seconds=30)
    assert await bench.work() == MESH_SECONDS


async def test_mirrors_of_a_cluster_that_is_not_registered_go_and_others_stay() -> None:
    bench = Bench()
    foreign = build_mesh("someones-c2")
    bench.put(*mirror(MESH).values(), foreign)
    await bench.work("c3")
    assert bench.api.writes == []
    await bench.work()
    assert bench.api.writes == [f"delete {NAME}"]


async def test_one_that_is_refused_keeps_no_other_from_being_written() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH, ToldMesh(manifest=build_mesh("other-c2")))}))
    bench.api.refused[NAME] = ConflictError("no.", reason=Reason.CONFLICT)
    with pytest.raises(ConflictError):
        await bench.work()
    assert bench.api.writes == ["apply", "status"]


async def test_who_has_its_name_is_told_once() -> None:
    bench = Bench(FakeSource({"c2": tell(MESH)}))
    foreign = build_mesh()
    bench.put(foreign)
    await bench.work()
    await bench.work()
    assert bench.api.writes == []
    assert bench.events.reasons == ["NameTaken"]
    key = build_key(MESHES, {"metadata": {"namespace": PLACE.home, "name": NAME}})
    assert bench.mirrors.take_change(key, foreign, None) is False
    bench.store.apply_event(MESHES, "DELETED", bench.store.get_by_key(key) or {})
    await bench.work()
    assert bench.api.writes == ["apply", "status"]


async def test_of_two_clusters_that_want_one_name_the_second_gets_it_after_the_first() -> None:
    name = "istiod-x-a-c2"
    told = {
        "c2": tell(ToldMesh(manifest=build_mesh(name))),
        "a-c2": ToldCluster(name="a-c2", meshes=(ToldMesh(manifest=build_mesh(name)),)),
    }
    bench = Bench(FakeSource(told))
    stop = asyncio.Event()
    running = asyncio.create_task(bench.mirrors.run(stop))
    await bench.timer.advance(1)
    assert bench.api.writes == ["apply", "status"]
    assert bench.events.reasons == ["NameTaken"]
    is_first = "of cluster a-c2 is not mirrored" in bench.events.posted[0][2]
    first = "c2" if is_first else "a-c2"
    del bench.source.told[first]
    bench.mirrors.look_at_registrations()
    await bench.timer.advance(2 * MESH_SECONDS)
    assert bench.api.writes[2:] == [f"delete {name}", "apply", "status"]
    stop.set()
    await running


async def test_a_mirror_that_changes_is_no_affair_of_policies() -> None:
    bench = Bench()
    found = mirror(MESH)[NAME]
    key = build_key(MESHES, found)
    assert bench.mirrors.take_change(key, None, found)
    assert bench.mirrors.take_change(key, found, None)
    assert not bench.mirrors.take_change(key, found, build_mesh())
    assert not bench.mirrors.take_change(key, None, build_mesh())


async def test_whatever_happens_the_cluster_concerned_is_looked_at() -> None:
    """From the start of leading on: what came, what went, and what only has mirrors yet."""
    bench = Bench(FakeSource({"c3": replace(tell(), name="c3")}))
    bench.put(*mirror(MESH).values())
    stop = asyncio.Event()
    bench.mirrors.look_at("c2")
    running = asyncio.create_task(bench.mirrors.run(stop))
    await bench.timer.advance(1)
    assert bench.api.writes == [f"delete {NAME}"]
    bench.source.told["c2"] = tell(MESH)
    bench.mirrors.look_at_registrations()
    await bench.timer.advance(1)
    assert bench.api.writes[1:] == ["apply", "status"]
    bench.source.told["c2"] = tell()
    bench.mirrors.look_at("c2")
    await bench.timer.advance(MESH_SECONDS)
    assert bench.api.writes[3:] == [f"delete {NAME}"]
    stop.set()
    await running

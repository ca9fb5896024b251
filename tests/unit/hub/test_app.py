"""The hub's parts together, as far as nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from roottrust.domain.cluster_registration import read_registrations
from roottrust.hub.app import WATCHED, plan_hub
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.client import KubeClient
from roottrust.kube.cluster_access import build_access
from roottrust.runtime.leadership import SoleLeader
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.role import Role, Shared
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectStore, build_key
from tests.unit.domain.kubeconfigs import build_secret
from tests.unit.domain.samples import ADDRESS, HUB
from tests.unit.hub.fakes import FakeEvents, build_manifest, fake
from tests.unit.hub.test_cluster_registry import build_mesh

MESH = build_mesh()
CERTIFICATE = {"metadata": MESH["metadata"], "spec": {}}
TOLD = build_manifest(
    metadata={"resourceVersion": "2"}, status={"root": {"fingerprint": "AA", "mount": "pki"}}
)
SETTINGS = OperatorSettings.model_validate(
    {
        "hubName": HUB,
        "cluster": {"name": "cluster1"},
        "vaultServers": [{"address": ADDRESS, "login": {"tokenFile": {"path": "/token"}}}],
    }
)


class Leader(SoleLeader):
    """Leads also where the stop has come already: nothing is reconciled then."""

    async def wait(self, stop: asyncio.Event) -> bool:
        del stop
        return True


class Bench:
    """One hub that stands by until `lead`, and what it watches."""

    def __init__(self, client: KubeClient) -> None:
        self.store = ObjectStore([each.resource for each in WATCHED])
        shared = Shared(
            settings=SETTINGS,
            client=client,
            store=self.store,
            events=fake(FakeEvents()),
            leadership=Leader(),
            metrics=Metrics(),
        )
        self.hub: Role = plan_hub().build(shared)

    def send(self, kind: Any, type_: str, manifest: dict[str, Any]) -> None:
        """Have a change watched."""
        key = build_key(kind, manifest)
        before = self.store.get_by_key(key)
        self.store.apply_event(kind, type_, manifest)
        self.hub.take_change(key, before=before, now=self.store.get_by_key(key))

    async def lead(self) -> None:
        """Have it lead, with no time left to reconcile anything."""
        stop = asyncio.Event()
        stop.set()
        await self.hub.work.run(stop, on_lead=self.hub.enqueue_all)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    registration = read_registrations([build_secret()], own_name="cluster1").used["c2"]
    client = KubeClient(build_access(registration.access), concurrency=1)
    yield Bench(client)
    await client.close()


async def test_a_hub_that_begins_to_lead_asks_anew_what_policies_claim(bench: Bench) -> None:
    bench.send(MESHES, "ADDED", MESH)
    bench.send(POLICIES, "ADDED", build_manifest())
    bench.send(POLICIES, "MODIFIED", TOLD)
    bench.send(POLICIES, "DELETED", build_manifest(metadata={"resourceVersion": "3"}))
    await bench.lead()
    bench.send(ISSUED_CERTIFICATES, "ADDED", CERTIFICATE)
    assert bench.hub.work.queue.scheduled == 0


async def test_what_changes_is_looked_at_only_once_the_hub_leads(bench: Bench) -> None:
    bench.send(MESHES, "ADDED", MESH)
    bench.send(POLICIES, "ADDED", build_manifest())
    assert bench.hub.work.queue.scheduled == 0
    await bench.lead()
    assert bench.hub.work.queue.scheduled == 1
    another = build_manifest(metadata={"name": "another", "uid": "uid-2"})
    bench.send(POLICIES, "ADDED", another)
    assert bench.hub.work.queue.scheduled == 2

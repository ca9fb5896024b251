"""One registered cluster, over HTTP; what is the same over TLS is tested on real clusters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.cluster_registration import Registration, read_registrations
from roottrust.domain.errors import AccessDeniedError, RootTrustError, TransientError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import plan_issuance
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import plan_directives
from roottrust.http.guard import allow_writes
from roottrust.hub import cluster_calls, remote_cluster
from roottrust.hub.gathered_changes import Changes
from roottrust.hub.kinds import ISSUED_CERTIFICATES
from roottrust.hub.pace import DEFAULT_PACE
from roottrust.hub.remote_cluster import RemoteCluster
from roottrust.kube.client import ignore_write
from roottrust.kube.token_keys import DISCOVERY_PATH, KEYS_PATH
from roottrust.runtime.store import ObjectKey
from tests.unit.domain.certificates import NOW
from tests.unit.domain.issuances import KEY, build_certificate, build_request
from tests.unit.domain.kubeconfigs import build_secret
from tests.unit.domain.restart_requests import NAME as NAME_OF_DIRECTIVE
from tests.unit.domain.restart_requests import RESTARTING, ask, build_restarting
from tests.unit.domain.test_token_keys import DISCOVERY, P256
from tests.unit.hub.api_server import CERTIFICATES, MESHES, ApiServer
from tests.unit.hub.fakes import fake
from tests.unit.hub.test_cluster_registry import build_mesh

NAME = "istiod-istio-system-c2"


def build_remote_mesh(version: str = "1", **changes: Any) -> dict[str, Any]:
    metadata = {"resourceVersion": version}
    return build_mesh(NAME, installation={"cluster": "c2"}, metadata=metadata, **changes)


def build_remote_certificate(version: str = "1", **spec: Any) -> dict[str, Any]:
    found = build_certificate(**spec)
    return {**found, "metadata": {**found["metadata"], "name": NAME, "resourceVersion": version}}


class Bench:
    """One cluster, and what it told of."""

    def __init__(self, server: ApiServer, *, has_policies: bool = False) -> None:
        self.server = server
        self.told: list[Changes] = []
        self.changes = 0
        self.cluster = RemoteCluster(
            self.build_registration(),
            home="gloo-mesh",
            local=fake(None),
            guard=allow_writes,
            on_write=ignore_write,
            listener=self,
            pace=DEFAULT_PACE,
            now=lambda: NOW,
            has_policies=has_policies,
        )
        self.task = asyncio.create_task(self.cluster.run())

    def build_registration(self, **access: Any) -> Registration:
        found = read_registrations([build_secret()], own_name="c1").used["c2"]
        return replace(found, access=replace(found.access, server=self.server.url, **access))

    def take_objects(self, cluster: RemoteCluster, changes: Changes) -> None:
        assert cluster is self.cluster
        self.told.append(changes)

    def take_policies(self, cluster: RemoteCluster, changes: Changes) -> None:
        assert cluster is self.cluster
        self.told.append(changes)

    def take_cluster(self, cluster: RemoteCluster) -> None:
        assert cluster is self.cluster
        self.changes += 1

    async def wait_for(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - what is waited for is on the other side of HTTP
                await asyncio.sleep(0.01)

    @property
    def reason(self) -> Reason | None:
        trouble = self.cluster.read().trouble
        return trouble.reason if trouble else None

    @property
    def meshes(self) -> list[str]:
        return [each.name for each in self.cluster.read().meshes]


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    server = ApiServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def build(server: ApiServer) -> AsyncIterator[Callable[[], Bench]]:
    built: list[Bench] = []

    def build() -> Bench:
        built.append(Bench(server))
        return built[-1]

    yield build
    for bench in built:
        bench.task.cancel()
        await asyncio.gather(bench.task, return_exceptions=True)
        await bench.cluster.close()


Build = Callable[[], Bench]


async def test_what_a_cluster_has_is_known_and_told(server: ApiServer, build: Build) -> None:
    server.items[MESHES] = [build_remote_mesh()]
    server.items[CERTIFICATES] = [build_remote_certificate()]
    bench = build()
    assert bench.reason is Reason.CLUSTER_CONNECTING
    async with asyncio.timeout(5):
        await bench.cluster.wait_settled()
    assert (bench.reason, bench.meshes) == (None, [NAME])
    key = CertificateKey(cluster="c2", namespace="istio-system", name=NAME)
    assert list(bench.cluster.find_owned("gloo-mesh/guide")) == [key]
    await bench.wait_for(lambda: bench.told)
    assert {each.name for each in bench.told[0]} == {NAME}
    assert bench.cluster.read() is bench.cluster.read(), "it is the same while nothing changes"


async def test_meshes_that_are_not_believed_are_told_of(server: ApiServer, build: Build) -> None:
    foreign = build_remote_mesh()
    foreign["spec"]["istio"]["installation"]["cluster"] = "c1"
    server.items[MESHES] = [foreign]
    bench = build()
    async with asyncio.timeout(5):
        await bench.cluster.wait_settled()
    await bench.wait_for(lambda: len(server.watches) == 2)
    changes = bench.changes
    assert bench.meshes == []
    (told,) = (each for each in bench.cluster.read().warnings if "believed" in each)
    assert told.startswith("Cluster c2: 1 Mesh is not believed: ")
    assert told.endswith("names the cluster c1.")
    await server.send(MESHES, "DELETED", foreign)
    await bench.wait_for(lambda: bench.changes > changes)
    assert not any("believed" in each for each in bench.cluster.read().warnings)


async def test_changes_are_told_with_what_was_before(server: ApiServer, build: Build) -> None:
    server.items[CERTIFICATES] = [build_remote_certificate()]
    bench = build()
    await bench.wait_for(lambda: bench.told and len(server.watches) == 2)
    await server.send(CERTIFICATES, "MODIFIED", build_remote_certificate("101", hosts=["a"]))
    await server.send(CERTIFICATES, "MODIFIED", build_remote_certificate("102", hosts=["b"]))
    await bench.wait_for(lambda: len(bench.told) == 2)
    key = ObjectKey(kind=ISSUED_CERTIFICATES, namespace="istio-system", name=NAME)
    before = bench.told[1][key]
    assert before is not None
    assert before["metadata"]["resourceVersion"] == "1", "both are told of as one"
    changes = bench.changes
    await server.send(MESHES, "ADDED", build_remote_mesh("103"))
    await bench.wait_for(lambda: bench.changes > changes)
    assert bench.meshes == [NAME]


async def test_a_cluster_that_answers_with_errors_has_settled_too(
    server: ApiServer, build: Build
) -> None:
    server.status = 503
    bench = build()
    async with asyncio.timeout(5):
        await bench.cluster.wait_settled()
    assert bench.reason is Reason.CLUSTER_UNREACHABLE
    with pytest.raises(RootTrustError):
        await bench.cluster.list_certificates()


async def test_another_token_is_used_without_forgetting_what_is_known(
    server: ApiServer, build: Build
) -> None:
    server.items[MESHES] = [build_remote_mesh()]
    bench = build()
    await bench.cluster.wait_settled()
    server.tokens.clear()
    changes = bench.changes
    bench.cluster.take_over(bench.build_registration(token=SecretStr("another-token")))
    assert bench.meshes == [NAME]
    assert bench.changes == changes
    await bench.wait_for(lambda: "another-token" in server.tokens)


async def test_keys_are_read_again_soon_by_a_cluster_that_was_slow(
    server: ApiServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand that connect at once are: no policy for one is ready before it has its keys."""
    monkeypatch.setattr(remote_cluster, "REFRESH_SECONDS", 0.3)
    server.raw = {DISCOVERY_PATH: DISCOVERY, KEYS_PATH: {"keys": [P256]}}
    server.hanging.add(KEYS_PATH)
    bench = build()
    await bench.wait_for(lambda: KEYS_PATH in server.asked)
    await asyncio.sleep(0.4)
    server.hanging.clear()
    await bench.wait_for(lambda: bench.cluster.read().token_keys is not None)


async def test_other_labels_are_told(build: Build) -> None:
    bench = build()
    changes = bench.changes
    bench.cluster.take_over(replace(bench.build_registration(), labels={"env": "new"}))
    assert bench.cluster.read().labels == {"env": "new"}
    assert bench.changes == changes + 1


async def test_rights_that_are_missing_are_told(server: ApiServer, build: Build) -> None:
    server.allowed = False
    bench = build()
    await bench.wait_for(lambda: bench.reason is Reason.CLUSTER_ACCESS_DENIED)
    trouble = bench.cluster.read().trouble
    assert trouble is not None
    assert "lacks rights there (list meshes, watch meshes, list issuedcertificates and 5 more)" in (
        trouble.message
    )


async def test_a_cluster_of_an_older_version_is_to_be_joined_again_for_restarts(
    server: ApiServer, build: Build
) -> None:
    bench = build()
    await bench.cluster.wait_settled()
    request = build_request({KEY: build_restarting()}, options=RESTARTING, reports={KEY: ask()})
    (action,) = plan_directives(request, plan_issuance(request))
    with pytest.raises(AccessDeniedError, match="`roottrust cluster join cluster1` again") as told:
        await bench.cluster.objects.create(action)
    assert told.value.reason is Reason.CLUSTER_ACCESS_DENIED
    assert bench.reason is None
    server.takes_directives = True
    await bench.cluster.objects.create(action)
    assert server.created == [NAME_OF_DIRECTIVE]


async def test_a_write_that_hangs_ends_and_the_next_does_not_begin(
    server: ApiServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.items[CERTIFICATES] = [build_remote_certificate()]
    bench = build()
    await bench.cluster.wait_settled()
    monkeypatch.setattr(bench.cluster.calls, "_seconds", 0.1)
    assert cluster_calls.CALL_SECONDS == 5.0
    server.hangs = True
    found = build_remote_certificate()
    for _ in range(2):
        with pytest.raises(TransientError, match="Cluster c2"):
            await bench.cluster.objects.report(found, {"state": "PENDING"})
    assert server.patched == []
    assert bench.reason is Reason.CLUSTER_UNREACHABLE
    (known,) = await bench.cluster.list_certificates()
    assert known["metadata"]["name"] == NAME, "what was known last"

"""The RootTrustPolicies of one registered cluster, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from roottrust.hub.kinds import POLICIES as KIND
from roottrust.hub.remote_policies import POLICIES_MAX, RemotePolicies
from roottrust.runtime.store import ObjectKey
from tests.unit.hub.api_server import POLICIES, ApiServer
from tests.unit.hub.fakes import build_manifest
from tests.unit.hub.test_remote_cluster import Bench

BEGIN = "Cluster c2, its own RootTrustPolicies:"
KEY = ObjectKey(kind=KIND, namespace="gloo-mesh", name="guide", cluster="c2")


def build(name: str = "guide", version: str = "1", **metadata: Any) -> dict[str, Any]:
    times = {"creationTimestamp": "2030-01-01T00:00:00Z"}
    named = {"name": name, "resourceVersion": version}
    return build_manifest(metadata={**times, **named, **metadata})


def get_policies(bench: Bench) -> RemotePolicies:
    assert bench.cluster.policies is not None
    return bench.cluster.policies


def find_warning(bench: Bench) -> str:
    """Return what is told of policies: that of the token has nothing to do with it."""
    found = [each for each in bench.cluster.read().warnings if BEGIN in each]
    return "".join(found)


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    server = ApiServer()
    server.items[POLICIES] = [build()]
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def bench(server: ApiServer) -> AsyncIterator[Bench]:
    bench = Bench(server, has_policies=True)
    yield bench
    bench.task.cancel()
    await asyncio.gather(bench.task, return_exceptions=True)
    await bench.cluster.close()


async def test_they_are_known_and_told_by_the_cluster_s_name(bench: Bench) -> None:
    policies = get_policies(bench)
    assert not policies.is_complete
    await bench.wait_for(lambda: bench.told)
    assert policies.is_complete
    assert policies.keys() == {KEY}
    assert bench.told == [{KEY: None}]
    assert (policies.get(KEY) or {})["metadata"]["uid"] == "uid-1"


async def test_one_that_is_unsound_is_as_if_it_were_not_there(
    bench: Bench, server: ApiServer
) -> None:
    await bench.wait_for(lambda: bench.told and len(server.watches) == 3)
    await server.send(POLICIES, "MODIFIED", build(version="101", uid="x\ny"))
    await bench.wait_for(lambda: len(bench.told) == 2)
    assert get_policies(bench).keys() == frozenset()
    assert get_policies(bench).get(KEY) is None
    await server.send(POLICIES, "MODIFIED", build(version="102"))
    await bench.wait_for(lambda: len(bench.told) == 3)
    assert bench.told[2] == {KEY: None}
    assert get_policies(bench).keys() == {KEY}


async def test_more_than_anybody_needs_are_refused_and_trouble_no_mesh(
    bench: Bench, server: ApiServer
) -> None:
    await bench.wait_for(lambda: bench.told and len(server.watches) == 3)
    for number in range(POLICIES_MAX):
        await server.send(POLICIES, "ADDED", build(f"p{number}", f"{200 + number}"))
    server.items[POLICIES] = [build(f"p{number}") for number in range(POLICIES_MAX + 1)]
    await bench.wait_for(lambda: find_warning(bench))
    assert find_warning(bench) == (
        f"Cluster c2, its own RootTrustPolicies: It has more than {POLICIES_MAX} "
        "roottrustpolicies.admin.gloo.solo.io, more than the hub takes over: delete what is not "
        "needed there."
    )
    assert bench.reason is None


async def test_rights_that_are_missing_are_told_with_what_grants_them(
    bench: Bench, server: ApiServer
) -> None:
    server.denied = frozenset({"roottrustpolicies"})
    get_policies(bench).try_again()
    await bench.wait_for(lambda: find_warning(bench))
    assert "`roottrust cluster join c2 --remote-policies`" in find_warning(bench)
    assert bench.reason is None
    server.denied = frozenset()
    get_policies(bench).try_again()
    await bench.wait_for(lambda: not find_warning(bench))


async def test_writes_go_there_while_the_cluster_is_well(bench: Bench, server: ApiServer) -> None:
    await bench.wait_for(lambda: bench.told and bench.reason is None)

    async def write(client: Any) -> Any:
        return await client.apply(KIND, build(), field_manager="x", subresource="status")

    await get_policies(bench).run(write)
    assert [path.rpartition("/")[2] for path in server.patched] == ["status"]


async def test_a_hub_for_which_they_do_not_count_asks_for_none(server: ApiServer) -> None:
    bench = Bench(server)
    try:
        await bench.wait_for(lambda: len(server.watches) == 2)
        assert bench.cluster.policies is None
        assert POLICIES not in [path for path, _ in server.watches]
    finally:
        bench.task.cancel()
        await asyncio.gather(bench.task, return_exceptions=True)
        await bench.cluster.close()

from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.errors import DependencyMissingError
from roottrust.hub.kinds import MESHES, POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import read_policy
from roottrust.runtime.store import ObjectKey, ObjectStore
from tests.unit.hub.fakes import FakeHomes, build_manifest, fake

LOCAL = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="guide")
REMOTE = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="guide", cluster="cluster2")


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore([POLICIES, MESHES])


@pytest.fixture
def others() -> FakeHomes:
    return FakeHomes()


@pytest.fixture
def homes(store: ObjectStore, others: FakeHomes) -> PolicyHomes:
    return PolicyHomes(fake("own client"), store, others=others)


def test_a_policy_is_known_from_when_it_is_seen_until_it_is_gone(
    store: ObjectStore, homes: PolicyHomes
) -> None:
    assert "gloo-mesh/guide" not in homes
    store.apply_event(POLICIES, "ADDED", build_manifest())
    assert "gloo-mesh/guide" in homes
    assert "other/guide" not in homes
    store.apply_event(POLICIES, "DELETED", build_manifest(metadata={"resourceVersion": "9"}))
    assert "gloo-mesh/guide" not in homes


def test_policies_of_one_name_in_two_clusters_are_two(
    store: ObjectStore, others: FakeHomes, homes: PolicyHomes
) -> None:
    others.put("cluster2", build_manifest())
    assert homes.list_keys() == {REMOTE}
    assert homes.get(LOCAL) is None
    assert "gloo-mesh/guide" not in homes
    assert "cluster2:gloo-mesh/guide" in homes
    store.apply_event(POLICIES, "ADDED", build_manifest())
    assert homes.list_keys() == {LOCAL, REMOTE}
    local, remote = homes.read(LOCAL), homes.read(REMOTE)
    assert local is not None
    assert remote is not None
    assert (local.key, remote.key) == (LOCAL, REMOTE)
    assert (local.identity.full_name, remote.identity.full_name) == (
        "gloo-mesh/guide",
        "cluster2:gloo-mesh/guide",
    )


def test_of_a_cluster_that_is_not_known_yet_no_policy_is_gone(
    others: FakeHomes, homes: PolicyHomes
) -> None:
    others.put("cluster2", build_manifest())
    assert "cluster2:gloo-mesh/other" not in homes
    others.is_complete = False
    assert "cluster2:gloo-mesh/other" in homes
    assert "cluster3:gloo-mesh/other" not in homes  # it is not registered


async def test_each_is_written_to_where_it_lies(others: FakeHomes, homes: PolicyHomes) -> None:
    others.put("cluster2", build_manifest())

    async def tell(client: Any) -> Any:
        return client

    assert await homes.run(read_policy(build_manifest()), tell) == "own client"
    remote = homes.read(REMOTE)
    assert remote is not None
    assert await homes.run(remote, tell) is others.kube
    with pytest.raises(DependencyMissingError, match="cluster3 is not registered any more"):
        await homes.run(read_policy(build_manifest(), cluster="cluster3"), tell)


def test_what_was_written_is_taken_over_where_it_lies(
    store: ObjectStore, others: FakeHomes, homes: PolicyHomes
) -> None:
    store.apply_event(POLICIES, "ADDED", build_manifest())
    written = build_manifest(metadata={"resourceVersion": "9"}, status={"state": "ACCEPTED"})
    homes.take_over(LOCAL, written)
    assert (store.get_by_key(LOCAL) or {})["status"] == {"state": "ACCEPTED"}
    others.put("cluster2", build_manifest())
    homes.take_over(REMOTE, build_manifest(status={"state": "INVALID"}))
    assert (homes.get(REMOTE) or {})["status"] == {"state": "INVALID"}
    homes.take_over(ObjectKey(kind=POLICIES, namespace="a", name="b", cluster="c"), {})

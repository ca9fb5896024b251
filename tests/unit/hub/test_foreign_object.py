from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.issuance_plan import read_owner
from roottrust.hub.cluster_registry import LocalCluster
from roottrust.hub.foreign_object import keep_certificate, keep_mesh
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES
from roottrust.runtime.settings import ClusterSettings
from roottrust.runtime.store import ObjectStore
from tests.unit.domain.agent_entries import build_instance, dump
from tests.unit.domain.issuances import build_certificate
from tests.unit.domain.mirrors import build_condition
from tests.unit.hub.fakes import fake
from tests.unit.hub.test_cluster_registry import FakeApi, build_mesh

PLACE = {"namespace": "ns", "name": "x", "resourceVersion": "1"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each),
    max_leaves=8,
)


def test_what_has_our_form_is_kept() -> None:
    found = {**build_certificate(), "status": {"instances": dump(build_instance())}}
    assert keep_certificate(found) == found
    mesh = {**build_mesh(), "status": {"selfSigned": True}}
    assert keep_mesh(mesh) == mesh


@pytest.mark.parametrize("metadata", [{"labels": [7]}, {"annotations": {"a": 7}}, {"uid": 7}])
def test_metadata_that_no_api_server_has_is_left_out(metadata: dict[str, Any]) -> None:
    assert keep_mesh({"metadata": {**PLACE, **metadata}})["metadata"] == PLACE


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [build_condition(), build_condition()]},
        {"namespaces": {"inSync": 1, "total": 3, "stale": ["a", "a"]}},
    ],
    ids=["two of one key", "two of one value"],
)
def test_lists_that_no_api_server_has_are_left_out(status: dict[str, Any]) -> None:
    assert "status" not in keep_mesh({**build_mesh(), "status": status})


def test_what_is_too_deep_to_be_walked_through_is_left_out() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"a": [deep]}
    assert "status" not in keep_mesh({"metadata": PLACE, "status": {"selfSigned": True, "x": deep}})


def test_of_a_status_that_is_not_ours_the_entries_that_are_count() -> None:
    (good,) = dump(build_instance())
    status = {"state": 7, "instances": [{"pod": 7}, good, "x"]}
    assert keep_certificate({"metadata": PLACE, "status": status})["status"] == {
        "instances": [good]
    }


def test_more_entries_than_istiod_has_replicas_are_left_out() -> None:
    (good,) = dump(build_instance())
    status = {"state": 7, "instances": [good] * 20_000}
    kept = keep_certificate({"metadata": PLACE, "status": status})
    assert len(kept["status"]["instances"]) == 100


@given(
    metadata=st.dictionaries(st.sampled_from(["labels", "annotations", "uid"]), JSON),
    spec=JSON,
    status=JSON | st.fixed_dictionaries({"instances": JSON}),
)
def test_whatever_a_cluster_sends_the_hub_can_go_on_with_it(
    metadata: dict[str, Any], spec: Any, status: Any
) -> None:
    sent = {"metadata": {**metadata, **PLACE}, "spec": spec, "status": status}
    store = ObjectStore([MESHES, ISSUED_CERTIFICATES])
    store.apply_event(MESHES, "ADDED", keep_mesh(sent))
    certificate = keep_certificate(sent)
    store.apply_event(ISSUED_CERTIFICATES, "ADDED", certificate)
    registry = LocalCluster(
        ClusterSettings(name="c2"), home="gloo-mesh", client=fake(FakeApi()), store=store
    )
    assert registry.list_clusters()[0].meshes == ()
    assert registry.find_owned("gloo-mesh/guide") == {}
    assert read_owner(certificate) is None

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.mark import Mark, ObjectOrigin, parse_mark
from roottrust.domain.status import build_status
from roottrust.hub.foreign_policy import is_kept, keep_policy
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import read_policy
from roottrust.runtime.store import ObjectStore
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import READY, REFUSED
from tests.unit.hub.fakes import build_manifest
from tests.unit.hub.test_foreign_object import JSON

TIMES = {"creationTimestamp": "2030-01-01T00:00:00Z"}


def build(**metadata: Any) -> dict[str, Any]:
    return build_manifest(metadata={**TIMES, **metadata})


def nest(depth: int) -> Any:
    content: Any = {}
    for _ in range(depth):
        content = [{"a": content}]
    return {"a": content}


def test_what_has_our_form_is_kept() -> None:
    status = build_status(READY, previous=None, now=NOW).model_dump(mode="json", by_alias=True)
    found = {**build(finalizers=["a"], labels={"b": "c"}), "status": status}
    kept = keep_policy(found)
    assert is_kept(kept)
    assert read_policy(kept, cluster="c").parse_spec() == read_policy(found).parse_spec()
    assert {name: found[name] for name in ("metadata", "spec", "status")} == kept


@pytest.mark.parametrize(
    "metadata",
    [
        {"uid": 'x origin=created\npath "sys/*" { capabilities = ["sudo"] }'},
        {"uid": ""},
        {"uid": None},
        {"uid": "x" * 65},
        {"name": "a b"},
        {"name": "../x"},
        {"namespace": "a/b"},
        {"namespace": "a.b"},
        {"creationTimestamp": "0"},
        {"creationTimestamp": "2030-13-01T00:00:00Z"},
        {"creationTimestamp": "2030-01-01T00:00:00"},
        {"deletionTimestamp": "soon"},
        {"generation": 2**53},
        {"generation": -1},
    ],
)
def test_what_no_api_server_gives_is_as_if_it_were_not_there(metadata: dict[str, Any]) -> None:
    kept = keep_policy(build(**metadata))
    assert not is_kept(kept)
    assert set(kept["metadata"]) <= {"namespace", "name", "resourceVersion"}


@pytest.mark.parametrize("spec", [7, [], None, "x", nest(5_000), nest(20)])
def test_a_specification_that_is_none_is_refused_and_told(spec: Any) -> None:
    policy = read_policy(keep_policy({**build(), "spec": spec}), cluster="c")
    with pytest.raises(InvalidSpecError):
        policy.parse_spec()
    assert not policy.wants_deletion


@pytest.mark.parametrize("status", [7, [], {"meshes": 7}, nest(5_000)])
def test_a_status_that_is_none_is_left_out(status: Any) -> None:
    assert "status" not in keep_policy({**build(), "status": status})


def test_a_status_proves_nothing_of_what_was_made() -> None:
    status = build_status(READY, previous=None, now=NOW)
    manifest = {**build(), "status": status.model_dump(mode="json", by_alias=True)}
    assert READY.target is not None
    assert read_policy(manifest).find_created_paths(READY.target)
    assert not read_policy(manifest, cluster="c").find_created_paths(READY.target)


@given(
    metadata=st.dictionaries(
        st.sampled_from(
            ["uid", "generation", "creationTimestamp", "deletionTimestamp", "finalizers"]
        ),
        JSON,
    ),
    spec=JSON,
    status=JSON | st.fixed_dictionaries({"managedObjects": JSON}),
)
def test_whatever_a_cluster_sends_the_hub_can_go_on_with_it(
    metadata: dict[str, Any], spec: Any, status: Any
) -> None:
    store = ObjectStore([POLICIES])
    kept = keep_policy({**build(**metadata), "spec": spec, "status": status})
    store.apply_event(POLICIES, "ADDED", kept)
    if is_kept(kept):
        policy = read_policy(kept, cluster="cluster2")
        mark = Mark(hub="h", policy=policy.identity, origin=ObjectOrigin.CREATED)
        assert parse_mark(mark.render()) == mark
        build_status(REFUSED, previous=policy.status, now=NOW)

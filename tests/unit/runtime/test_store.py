from __future__ import annotations

from typing import Any

import pytest

from roottrust.kube.kind import ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore

POLICIES = ResourceKind(group="a.io", version="v2", plural="policies", kind="Policy")
MESHES = ResourceKind(group="b.io", version="v2", plural="meshes", kind="Mesh")


def build(name: str, version: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ns", "resourceVersion": version, **more}
    return {"metadata": metadata, "spec": {}}


def key(name: str) -> ObjectKey:
    return ObjectKey(kind=POLICIES, namespace="ns", name=name)


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore([POLICIES, MESHES])


def test_is_synced_when_all_kinds_are_listed(store: ObjectStore) -> None:
    store.replace(POLICIES, [build("a", "1")], known={})
    assert not store.synced
    store.replace(MESHES, [], known={})
    assert store.synced


def test_event_adds_changes_and_removes(store: ObjectStore) -> None:
    assert store.apply_event(POLICIES, "ADDED", build("a", "1")) == key("a")
    assert store.apply_event(POLICIES, "MODIFIED", build("a", "2")) == key("a")
    assert store.apply_event(POLICIES, "MODIFIED", build("a", "2")) is None
    assert store.apply_event(POLICIES, "DELETED", build("a", "3")) == key("a")
    assert store.apply_event(POLICIES, "DELETED", build("a", "3")) is None
    assert store.get(POLICIES, namespace="ns", name="a") is None


@pytest.mark.parametrize("event_type", ["MODIFIED", "DELETED", None])
def test_older_event_is_ignored(store: ObjectStore, event_type: str | None) -> None:
    store.apply_event(POLICIES, "ADDED", build("a", "10"))
    assert store.apply_event(POLICIES, event_type, build("a", "9")) is None
    assert store.get_versions(POLICIES) == {key("a"): "10"}


def test_versions_that_are_no_numbers_are_not_compared(store: ObjectStore) -> None:
    store.apply_event(POLICIES, "ADDED", build("a", "x10"))
    assert store.apply_event(POLICIES, "MODIFIED", build("a", "x9")) == key("a")


def test_list_removes_what_is_gone(store: ObjectStore) -> None:
    store.apply_event(POLICIES, "ADDED", build("a", "1"))
    store.apply_event(POLICIES, "ADDED", build("b", "2"))
    known = store.get_versions(POLICIES)
    assert store.replace(POLICIES, [build("b", "3")], known=known) == {key("a"), key("b")}
    assert store.keys(POLICIES) == {key("b")}


def test_list_keeps_what_came_while_it_was_on_its_way(store: ObjectStore) -> None:
    store.apply_event(POLICIES, "ADDED", build("recreated", "1"))
    known = store.get_versions(POLICIES)
    store.apply_event(POLICIES, "ADDED", build("new", "5"))
    store.apply_event(POLICIES, "ADDED", build("recreated", "6"))
    assert store.replace(POLICIES, [], known=known) == frozenset()
    assert store.keys(POLICIES) == {key("new"), key("recreated")}


def test_list_is_ordered_and_can_be_narrowed(store: ObjectStore) -> None:
    other = build("0", "1")
    other["metadata"]["namespace"] = "zz"
    store.replace(POLICIES, [other, build("b", "1"), build("a", "1")], known={})
    assert [found["metadata"]["name"] for found in store.list(POLICIES)] == ["a", "b", "0"]
    assert len(store.list(POLICIES, namespace="zz")) == 1


def test_managed_fields_are_not_kept(store: ObjectStore) -> None:
    store.apply_event(POLICIES, "ADDED", build("a", "1", managedFields=[{"manager": "x"}]))
    found = store.get_by_key(key("a"))
    assert found is not None
    assert "managedFields" not in found["metadata"]


def test_age_is_that_of_the_last_event() -> None:
    now = [0.0]
    store = ObjectStore([POLICIES], clock=lambda: now[0])
    assert store.get_event_age(POLICIES) == 0
    store.apply_event(POLICIES, "ADDED", build("a", "1"))
    now[0] = 7.0
    assert store.get_event_age(POLICIES) == 7
    assert store.count_events(POLICIES) == 1


def test_what_was_removed_by_a_write_is_dropped_and_nothing_by_its_name(
    store: ObjectStore,
) -> None:
    store.apply_event(POLICIES, "ADDED", build("a", "1", uid="u-1"))
    store.drop(POLICIES, namespace=key("a").namespace, name="a", uid="u-2")
    assert store.keys(POLICIES) == {key("a")}
    store.drop(POLICIES, namespace=key("a").namespace, name="a", uid="u-1")
    store.drop(POLICIES, namespace=key("a").namespace, name="a", uid="u-1")
    assert store.keys(POLICIES) == frozenset()


def test_every_change_is_counted_and_nothing_else(store: ObjectStore) -> None:
    counts = [store.count_changes(POLICIES)]

    def has_changed() -> bool:
        counts.append(store.count_changes(POLICIES))
        return counts[-1] != counts[-2]

    store.apply_event(POLICIES, "ADDED", build("a", "1", uid="u-1"))
    assert has_changed()
    store.apply_event(POLICIES, "MODIFIED", build("a", "1", uid="u-1"))
    store.replace(POLICIES, [build("a", "1", uid="u-1")], known={})
    assert not has_changed()
    store.take_over(POLICIES, build("a", "2", uid="u-1"))
    assert has_changed()
    store.drop(POLICIES, namespace=key("a").namespace, name="a", uid="u-1")
    assert has_changed()
    store.apply_event(POLICIES, "ADDED", build("a", "3"))
    assert has_changed()
    store.apply_event(POLICIES, "DELETED", build("a", "4"))
    assert has_changed()
    store.apply_event(POLICIES, "ADDED", build("a", "5"))
    assert has_changed()
    store.replace(POLICIES, [], known=store.get_versions(POLICIES))
    assert has_changed()


def test_what_a_write_made_of_an_object_that_is_gone_is_not_taken_over() -> None:
    """The answer to a write may be read after the watch has told of the deletion."""
    store = ObjectStore([POLICIES])
    store.apply_event(POLICIES, "ADDED", build("a", "1", uid="u-1"))
    store.apply_event(POLICIES, "DELETED", build("a", "3", uid="u-1"))
    store.take_over(POLICIES, build("a", "2", uid="u-1"))
    assert store.keys(POLICIES) == frozenset()
    store.apply_event(POLICIES, "ADDED", build("a", "4", uid="u-2"))
    store.take_over(POLICIES, build("a", "5", uid="u-1"))
    assert [each["metadata"]["uid"] for each in store.list(POLICIES)] == ["u-2"]
    store.add(POLICIES, build("b", "6", uid="u-3"))
    assert len(store.keys(POLICIES)) == 2

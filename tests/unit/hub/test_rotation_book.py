"""What all policies of a root have seen, put together."""

from __future__ import annotations

from roottrust.domain.rotation.evidence import MeshView, VaultView
from roottrust.hub.kinds import POLICIES
from roottrust.hub.rotation_book import FleetPart, RotationBook
from roottrust.runtime.store import ObjectKey

MINE = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="mine")
OTHERS = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="others")
SHARING = {MINE: ["c1"], OTHERS: ["c2", "c3"]}


def test_parts_of_all_policies_are_one_fleet() -> None:
    book = RotationBook()
    one, two = MeshView(cluster="c1", mesh="a"), MeshView(cluster="c2", mesh="b")
    book.note(MINE, FleetPart(meshes=(one,), heard=frozenset({"c1"})))
    part = FleetPart(meshes=(two,), heard=frozenset({"c2"}), silent={"c3": "c3 is away."})
    book.note(OTHERS, part)
    view = book.gather(VaultView(), SHARING)
    assert view.meshes == (one, two)
    assert view.heard == {"c1", "c2"}
    assert view.silent == {"c3": "c3 is away."}


def test_a_policy_that_was_not_looked_at_proves_nothing() -> None:
    book = RotationBook()
    book.note(MINE, FleetPart(heard=frozenset({"c1"})))
    view = book.gather(VaultView(), SHARING)
    assert view.silent.keys() == {"c2", "c3"}
    assert "gloo-mesh/others" in view.silent["c2"]


def test_a_cluster_is_heard_only_if_every_policy_hears_it() -> None:
    book = RotationBook()
    book.note(MINE, FleetPart(heard=frozenset({"c1"})))
    book.note(OTHERS, FleetPart(silent={"c1": "c1 is away."}))
    view = book.gather(VaultView(), {MINE: ["c1"], OTHERS: ["c1"]})
    assert (view.heard, view.silent) == (frozenset(), {"c1": "c1 is away."})


def test_only_news_is_news() -> None:
    book = RotationBook()
    part = FleetPart(heard=frozenset({"c1"}))
    assert book.note(MINE, part)
    assert not book.note(MINE, FleetPart(heard=frozenset({"c1"})))
    book.forget(MINE)
    assert book.note(MINE, part)


def test_deaf_are_clusters_with_an_istiod_that_takes_roots_only_when_it_is_restarted() -> None:
    book = RotationBook()
    meshes = (
        MeshView(cluster="able", mesh="a", version="1.30.1", multi_root=True),
        MeshView(cluster="unread", mesh="b", version="1.30.1", multi_root=None),
        MeshView(cluster="off", mesh="c", version="1.30.1", multi_root=False),
        MeshView(cluster="old", mesh="d", version="1.19.10", multi_root=True),
        MeshView(cluster="custom", mesh="e", multi_root=False),
    )
    book.note(MINE, FleetPart(meshes=meshes))
    assert book.list_deaf() == {"off", "old", "custom"}

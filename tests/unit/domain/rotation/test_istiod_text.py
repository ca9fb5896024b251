"""What is told of istiods in a rotation without stopping it, by name and version."""

from __future__ import annotations

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation.istiod_text import describe_unusable, list_notes, name_istiod
from roottrust.domain.rotation.machine import Step
from roottrust.domain.rotation.report import tell_rotation
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.domain.rotation.rotations import build_mesh, build_state, build_view, build_wish

CROSS, MULTI = Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT
CUSTOM = "v0.0.0-20260827124520-eed52ebb66ad"
WISH = build_wish()


def note(
    stage: Stage,
    strategy: Strategy = CROSS,
    *,
    wish: RotationWish = WISH,
    **content: object,
) -> list[str]:
    """Return what is told of two meshes that are alike in this."""
    state = build_state(stage, strategy)
    meshes = tuple(build_mesh(state, each, **content) for each in ("c0", "c1"))
    return list(list_notes(state, wish, build_view(state, meshes=meshes)))


@pytest.mark.parametrize("stage", list_stages(CROSS))
def test_of_istiods_that_are_able_nothing_is_told(stage: Stage) -> None:
    assert note(stage) == []
    assert note(stage, multi_root=None) == []
    assert note(stage, multi_root=False, restarts_pods=True) == []


def test_what_has_to_be_restarted_by_hand_is_told_from_the_beginning() -> None:
    sentence = (
        "istiod of mesh-c0 (1.30.1) takes changed roots only when it is restarted: restart it, or "
        "set config.autoRestartPods to have that done. The same holds for 1 mesh more."
    )
    for stage in (Stage.PREPARE, Stage.SIGN, Stage.WIDEN, Stage.PROVE, Stage.DROP):
        assert note(stage, multi_root=False) == [sentence]
    assert note(Stage.RETIRE, multi_root=False) == []
    for replicas in (2, None):
        assert note(Stage.WIDEN, multi_root=False, replicas=replicas) == [sentence]


def test_one_replica_is_told_to_be_few_whoever_restarts_it() -> None:
    for restarts in (True, False):
        (told,) = note(Stage.SIGN, multi_root=False, replicas=1, restarts_pods=restarts)
        assert "nobody may get a new certificate: two or more are wanted." in told


def test_a_version_that_is_no_release_is_told_once() -> None:
    (told,) = note(Stage.PREPARE, version=CUSTOM)
    assert told == (
        f"istiod of mesh-c0 ({CUSTOM}, no release of istio's), istiod of mesh-c1 ({CUSTOM}, no "
        "release of istio's): judged by its settings alone (ISTIO_MULTIROOT_MESH)."
    )
    assert note(Stage.SIGN, version=CUSTOM) == []
    (untold,) = note(Stage.PREPARE, version="")
    assert untold.startswith("istiod of mesh-c0 (of no known version), ")


def test_what_knows_its_clients_by_the_roots_before_is_told_where_nobody_restarts_it() -> None:
    stale = {"stale_istiods": ("istiod-0", "istiod-1")}
    (told,) = note(Stage.RETIRE, **stale)
    assert told.startswith("IstiodsStale: 4 replicas of istiod of 2 meshes started under other")
    assert "in c0 by `kubectl rollout restart deployment/istiod -n istio-system`." in told
    assert note(Stage.RETIRE, restarts_pods=True, **stale) == []
    for stage in list_stages(CROSS)[:-1]:
        assert note(stage, **stale) == [], "their chains lead to the root before"


def test_where_others_depend_on_the_root_multi_root_tells_it_before_they_sign() -> None:
    stale = {"stale_istiods": ("istiod-0",)}
    vms = build_wish(dependants=("vms in the old hall",))
    told = {each: bool(note(each, MULTI, wish=vms, **stale)) for each in list_stages(MULTI)}
    late = {Stage.CONFIRM, Stage.SIGN, Stage.PROVE, Stage.DROP, Stage.RETIRE}
    assert told == {each: each in late for each in list_stages(MULTI)}
    assert note(Stage.PROVE, MULTI, **stale) == []
    assert note(Stage.PROVE, CROSS, wish=vms, **stale) == []


def test_what_cannot_follow_is_told_and_not_waited_for_where_the_root_is_compromised() -> None:
    hurried = build_wish(is_hurried=True)
    assert [each[:28] for each in note(Stage.WIDEN, wish=hurried, version="1.17.8")] == [
        "istiod of mesh-c0 (1.17.8) r",
        "istiod of mesh-c1 (1.17.8) r",
    ]
    assert note(Stage.WIDEN, version="1.17.8") == []


def test_excluded_clusters_are_not_told_of() -> None:
    orders = Orders(excluded=frozenset({(2, "c0"), (2, "c1")}))
    assert note(Stage.PREPARE, wish=build_wish(orders=orders), version=CUSTOM) == []


def test_it_is_a_warning_that_stops_nothing() -> None:
    state = build_state(Stage.SIGN)
    mesh = build_mesh(state, "c0", multi_root=False)
    view = build_view(state, meshes=(mesh,))
    told = tell_rotation(Step(state=state), WISH, view)
    assert told.warnings == list_notes(state, WISH, view) != ()
    at_rest = state.model_copy(update={"stage": None})
    assert tell_rotation(Step(state=at_rest), WISH, view).warnings == ()


def test_an_istiod_is_named_by_its_version() -> None:
    state = build_state(Stage.PREPARE)
    assert name_istiod(build_mesh(state, "c0")) == "istiod of mesh-c0 (1.30.1)"
    assert describe_unusable(build_mesh(state, "c0")) is None

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.mesh import RotationEvidence
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.evidence import FleetView, VaultView
from roottrust.domain.rotation.gate import choose_strategy, list_waits
from roottrust.domain.rotation.istiod_restart import PATIENCE, note_forced
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import KUBELET_TIME, Orders, RotationWish
from tests.unit.domain.rotation.rotations import (
    NOW,
    OLD,
    build_mesh,
    build_state,
    build_vault,
    build_view,
    build_wish,
)

CROSS, MULTI = Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT
STAGES = [(each, stage) for each in (CROSS, MULTI) for stage in list_stages(each)]
STAGES += [(each, stage) for each in (CROSS, MULTI) for stage in (Stage.RETURN, Stage.NARROW)]
AFTER_PREPARE = [(each, stage) for each, stage in STAGES if stage is not Stage.PREPARE]
ALL_TURNED_BACK = {"returned_from": Stage.PROVE}


def build(stage: Stage, strategy: Strategy = MULTI, **content: object) -> RotationStatus:
    back = ALL_TURNED_BACK if stage in {Stage.RETURN, Stage.NARROW} else {}
    return build_state(stage, strategy, **{**back, **content})


def find(
    state: RotationStatus, view: FleetView | None = None, wish: RotationWish | None = None
) -> tuple[Wait, ...]:
    wish = wish or build_wish(strategy=state.strategy or Strategy.AUTO)
    return list_waits(state, wish, view or build_view(state, wish), now=NOW)


def find_one(state: RotationStatus, view: FleetView, wish: RotationWish | None = None) -> Wait:
    (wait,) = find(state, view, wish)
    return wait


def with_mesh(state: RotationStatus, **content: object) -> FleetView:
    """A fleet of which all is proven but for one mesh."""
    meshes = (build_mesh(state, "c0"), build_mesh(state, "c1", **content))
    return build_view(state, meshes=meshes)


@pytest.mark.parametrize(("strategy", "stage"), STAGES)
def test_a_stage_of_which_all_is_proven_waits_for_nothing(strategy: Strategy, stage: Stage) -> None:
    assert find(build(stage, strategy)) == ()


@pytest.mark.parametrize(("strategy", "stage"), STAGES)
def test_every_stage_waits_for_silent_and_vanished_clusters(
    strategy: Strategy, stage: Stage
) -> None:
    state = build(stage, strategy)
    view = build_view(state, meshes=(build_mesh(state, "c0"),), heard=frozenset({"c0"}))
    vanished = find_one(state, view)
    assert (vanished.cluster, vanished.needs_person) == ("c1", True)
    assert "`roottrust rotate exclude c1`" in vanished.message
    assert "rotation-exclude: 2/c1" in vanished.message
    silent = find_one(state, replace(view, silent={"c1": "c1 does not answer."}))
    assert silent == Wait(cluster="c1", message="c1 does not answer.")
    excluded = build_wish(orders=Orders(excluded=frozenset({(2, "c1")})))
    assert find(state, view, excluded) == ()
    earlier = build_wish(orders=Orders(excluded=frozenset({(1, "c1")})))
    assert find_one(state, view, earlier) == vanished


@pytest.mark.parametrize(("strategy", "stage"), AFTER_PREPARE)
def test_every_stage_waits_for_its_step_to_be_written_and_served(
    strategy: Strategy, stage: Stage
) -> None:
    state = build(stage, strategy)
    wait = find_one(state, with_mesh(state, step="g2-other"))
    assert (wait.cluster, wait.mesh) == ("c1", "mesh-c1")
    assert wait.message.startswith("The IssuedCertificate of mesh-c1 is still to be written")
    assert "apply crds/ of this version in c1" in wait.message
    for lack in ("serves", "has_roots"):
        found = find_one(state, with_mesh(state, message="istiod-0 is late.", **{lack: False}))
        assert found.message == "istiod-0 is late."


def test_in_prepare_nothing_is_asked_of_meshes() -> None:
    state = build(Stage.PREPARE)
    assert find(state, with_mesh(state, step=None, serves=False, evidence=None)) == ()


def test_what_is_old_of_a_silent_or_excluded_cluster_is_not_looked_at() -> None:
    state = build(Stage.WIDEN)
    view = replace(with_mesh(state, step=None), silent={"c1": "c1 is cut off."})
    assert find_one(state, view).message == "c1 is cut off."
    excluded = build_wish(orders=Orders(excluded=frozenset({(2, "c1")})))
    assert find(state, with_mesh(state, step=None), excluded) == ()


def test_clusters_of_later_waves_are_not_waited_for() -> None:
    wish = build_wish(strategy=CROSS, waves=(frozenset({"c0"}),))
    for stage in (Stage.SIGN, Stage.WIDEN, Stage.DROP):
        first, last = build(stage, CROSS, wave=0), build(stage, CROSS, wave=1)
        late = build_view(first, wish, meshes=(build_mesh(first, "c0", wish),))
        late = replace(late, heard=frozenset({"c0"}))
        assert find(first, late, wish) == ()
        assert find_one(last, build_view(last, wish, heard=late.heard), wish).cluster == "c1"
    assert "c1" in {each.cluster for each in find(build(Stage.PROVE, CROSS), late, wish)}


NEEDS_LEAVES = [
    (CROSS, Stage.PROVE),
    (CROSS, Stage.DROP),
    (CROSS, Stage.RETURN),
    (MULTI, Stage.CONFIRM),
    (MULTI, Stage.PROVE),
    (MULTI, Stage.DROP),
    (MULTI, Stage.RETURN),
]


@pytest.mark.parametrize(("strategy", "stage"), AFTER_PREPARE)
def test_leaves_are_waited_for_where_a_root_is_to_be_relied_on_or_to_go(
    strategy: Strategy, stage: Stage
) -> None:
    state = build(stage, strategy)
    waits = find(state, with_mesh(state, evidence=None))
    assert bool(waits) is ((strategy, stage) in NEEDS_LEAVES)


def test_the_drop_waits_for_leaves_in_its_last_wave_alone() -> None:
    wish = build_wish(waves=(frozenset({"c0"}), frozenset({"c1"})))
    for wave, is_last in ((0, False), (1, False), (2, True)):
        state = build(Stage.DROP, wave=wave)
        meshes = tuple(build_mesh(state, each, wish, evidence=None) for each in ("c0", "c1"))
        assert bool(find(state, build_view(state, meshes=meshes), wish)) is is_last


def test_a_roll_back_before_anything_was_widened_needs_no_leaves() -> None:
    state = build(Stage.RETURN, CROSS, returned_from=Stage.SIGN)
    assert find(state, with_mesh(state, evidence=None)) == ()


def test_of_leaves_it_is_said_what_is_missing() -> None:
    state = build(Stage.PROVE)
    step = build_mesh(state, "c1").step or ""
    ends_at = NOW + timedelta(hours=3)

    def tell(evidence: RotationEvidence | None) -> Wait:
        return find_one(state, with_mesh(state, evidence=evidence))

    assert "Nothing is told of the workloads of mesh-c1 yet" in tell(None).message
    other = RotationEvidence(step="g2-other", since=NOW)
    assert tell(other) == tell(None)
    assert "not yet seen to serve" in tell(RotationEvidence(step=step)).message
    one = RotationEvidence(step=step, since=NOW, total=1, first=("a/Deployment/b",))
    assert tell(one).message.startswith(
        "1 workload of mesh-c1 may have a leaf from before (a/Deployment/b): they renew it, or at"
    )
    many = RotationEvidence(
        step=step, since=NOW, total=5, first=("a/Deployment/b",), ends_at=ends_at
    )
    assert "5 workloads" in tell(many).message
    assert "(a/Deployment/b and 4 more)" in tell(many).message
    assert "by 2027-01-01T15:00:00Z at the latest" in tell(many).message
    assert tell(many).ends_at == ends_at


@pytest.mark.parametrize(("strategy", "stage"), [(CROSS, Stage.PROVE), (MULTI, Stage.CONFIRM)])
def test_kubelets_are_given_their_time(strategy: Strategy, stage: Stage) -> None:
    begun = NOW - KUBELET_TIME + timedelta(seconds=1)
    state = build(stage, strategy, stage_started_at=begun)
    wait = find_one(state, build_view(state))
    assert wait.ends_at == NOW + timedelta(seconds=1)
    assert "2027-01-01T12:00:01Z" in wait.message
    assert find(build(stage, strategy, stage_started_at=NOW - KUBELET_TIME)) == ()
    if strategy is MULTI:  # what pods mount has not changed since
        assert find(build(Stage.PROVE, strategy, stage_started_at=begun)) == ()


@pytest.mark.parametrize(("strategy", "stage"), STAGES)
def test_what_is_wrong_in_vault_stops_every_stage(strategy: Strategy, stage: Stage) -> None:
    state = build(stage, strategy)
    wish = build_wish(strategy=strategy)

    def tell(**content: object) -> Wait:
        return find_one(state, build_view(state, vault=build_vault(**content)), wish)

    assert tell(interference="Somebody was here.").message == "Somebody was here."
    assert tell(previous=None).message.startswith("The root in use cannot be read")
    assert tell(previous=None).needs_person


@pytest.mark.parametrize(("strategy", "stage"), AFTER_PREPARE)
def test_the_next_root_has_to_stay_but_where_it_is_given_up(
    strategy: Strategy, stage: Stage
) -> None:
    state = build(stage, strategy)
    waits = find(state, build_view(state, vault=build_vault(next=None)))
    if stage is Stage.NARROW:
        assert waits == ()
        return
    assert waits == (
        Wait(message="The next root cannot be read in Vault as it was.", needs_person=True),
    )
    other = find(state, build_view(state, vault=build_vault(next=OLD, fault="It is another.")))
    assert [each.message for each in other] == ["It is another."]


@pytest.mark.parametrize(("strategy", "stage"), STAGES)
def test_at_both_ends_vault_has_to_be_told_who_may_sign(strategy: Strategy, stage: Stage) -> None:
    state = build(stage, strategy)
    waits = find(state, build_view(state, vault=build_vault(is_settled=False)))
    assert bool(waits) is (stage in {Stage.RETIRE, Stage.NARROW})


def prepare(vault: VaultView, strategy: Strategy = Strategy.AUTO, **mesh: object) -> list[str]:
    state = build_state(Stage.PREPARE, None, next=None, cross_certificate=None)
    view = replace(with_mesh(state, **mesh), vault=vault)
    return [each.message for each in find(state, view, build_wish(strategy=strategy))]


def test_prepare_waits_for_the_next_root() -> None:
    assert prepare(build_vault(fault="It is no CA.")) == ["It is no CA."]
    assert prepare(build_vault(next=None)) == [
        "Vault is to have the next root beside the one in use."
    ]


def test_prepare_waits_for_the_cross_certificate() -> None:
    uncrossed = build_vault(cross_certificate=None)
    assert prepare(uncrossed) == ["The next root is still to be signed by the one in use."]
    assert prepare(uncrossed, MULTI) == []
    cannot = build_vault(can_cross_sign=False, cross_certificate=None)
    assert prepare(cannot) == []
    (message,) = prepare(cannot, CROSS)
    assert "set rotation.strategy to Auto" in message


def test_prepare_refuses_istiods_that_take_no_second_root_unless_cross_signed() -> None:
    (message,) = prepare(build_vault(), MULTI, multi_root=False)
    assert "istiod of mesh-c1 (1.30.1) takes no second root" in message
    assert "set ISTIO_MULTIROOT_MESH to true in its environment" in message
    assert "config.autoRestartPods" in message
    assert prepare(build_vault(can_cross_sign=False), multi_root=False) == [message]
    assert prepare(build_vault(), multi_root=False) == []
    assert prepare(build_vault(), MULTI, multi_root=None) == []
    assert prepare(build_vault(), MULTI, multi_root=False, restarts_pods=True) == []
    (old,) = prepare(build_vault(), MULTI, version="1.19.10")
    assert "istiod of mesh-c1 (1.19.10) takes no second root" in old
    assert "upgrade Istio to 1.20 or later" in old
    assert "ISTIO_MULTIROOT_MESH" not in old


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.17.8", "(1.17.8) reads its CA files only when it starts"),
        ("1.25.1", "upgrade it to 1.25.2 or later first"),
        ("1.24.4", "upgrade it to 1.24.5 or later first"),
    ],
)
def test_prepare_stops_where_no_root_can_be_rotated(version: str, words: str) -> None:
    for strategy in (CROSS, MULTI):
        (message,) = prepare(build_vault(), strategy, version=version, restarts_pods=True)
        assert words in message
    later = build(Stage.SIGN, CROSS)
    assert find(later, with_mesh(later, version=version)) == ()
    state = build_state(Stage.PREPARE, None, next=None, cross_certificate=None)
    hurried = build_wish(is_hurried=True)
    assert find(state, with_mesh(state, version=version), hurried) == ()


def test_an_istiod_that_takes_no_second_root_is_to_be_restarted() -> None:
    lack = {"serves": False, "multi_root": False, "message": "istiod-0 is late."}

    def tell(stage: Stage, **content: object) -> str:
        state = build(stage, CROSS)
        return find_one(state, with_mesh(state, **{**lack, **content})).message

    assert tell(Stage.WIDEN) == (
        "istiod-0 is late. istiod of mesh-c1 (1.30.1) takes changed roots only when it is "
        "restarted: restart it, or set config.autoRestartPods to have that done."
    )
    alone = tell(Stage.DROP, restarts_pods=True, replicas=1)
    assert "config.autoRestartPods has it restarted. It has one replica" in alone
    assert "two or more are wanted" in alone
    assert "takes changed roots only" in tell(Stage.NARROW)
    assert tell(Stage.SIGN) == "istiod-0 is late."
    assert tell(Stage.WIDEN, multi_root=True) == "istiod-0 is late."
    assert "takes changed roots only" in tell(Stage.WIDEN, multi_root=True, version="1.18.1")


STALE = {"stale_istiods": ("istiod-0",), "restarts_pods": True}


def test_retire_waits_for_istiods_that_it_restarts() -> None:
    """They knew the root before when they started, and know their clients by that."""
    state = build(Stage.RETIRE, CROSS, stage_started_at=NOW)
    wait = find_one(state, with_mesh(state, **STALE))
    assert (wait.cluster, wait.mesh, wait.needs_person) == ("c1", "mesh-c1", False)
    assert "istiod of mesh-c1 (1.30.1) is restarted" in wait.message
    assert "(1 of 2 replicas left)" in wait.message
    assert wait.ends_at == NOW + PATIENCE
    assert "It goes on at 2027-01-01T12:30:00Z without that." in wait.message
    assert find(state, replace(with_mesh(state, **STALE), silent={"c1": "It is away."})) == (
        Wait(cluster="c1", message="It is away."),
    )
    excluded = build_wish(strategy=CROSS, orders=Orders(excluded=frozenset({(2, "c1")})))
    assert find(state, with_mesh(state, **STALE), excluded) == ()


def test_where_the_root_is_compromised_istiods_are_restarted_without_being_asked_for() -> None:
    hurried = build_wish(is_hurried=True)
    state = build(Stage.RETIRE, CROSS, stage_started_at=NOW)
    view = with_mesh(state, **{**STALE, "restarts_pods": False})
    assert note_forced(view, build_wish()) == view
    assert find(state, view, hurried) == ()
    wait = find_one(state, note_forced(view, hurried), hurried)
    assert "is restarted" in wait.message


def test_retire_is_not_held_up_for_ever_by_what_is_left_to_a_person() -> None:
    state = build(Stage.RETIRE, CROSS, stage_started_at=NOW)
    assert find(state, with_mesh(state, **{**STALE, "restarts_pods": False})) == ()
    late = build(Stage.RETIRE, CROSS, stage_started_at=NOW - PATIENCE)
    assert find(late, with_mesh(late, **STALE)) == ()


@pytest.mark.parametrize(("strategy", "stage"), STAGES)
def test_before_retire_nobody_waits_for_that(strategy: Strategy, stage: Stage) -> None:
    state = build(stage, strategy)
    if stage is not Stage.RETIRE:
        assert find(state, with_mesh(state, **STALE)) == ()


def test_auto_cross_signs_where_it_can() -> None:
    for can, expected in ((True, CROSS), (False, MULTI)):
        vault = build_vault(can_cross_sign=can)
        assert choose_strategy(build_wish(), vault) is expected
        assert choose_strategy(build_wish(strategy=MULTI), vault) is MULTI


def test_what_is_left_to_an_administrator_is_told_with_its_commands() -> None:
    state = build(Stage.RETIRE, CROSS)
    vault = build_vault(is_settled=False, left=("Run this.", "Run that."))
    waits = find(state, build_view(state, vault=vault))
    assert [(each.message, each.needs_person) for each in waits] == [
        ("Run this.", True),
        ("Run that.", True),
    ]

"""The rotation of a compromised root: what it waits for, whom it leaves behind, how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.api.choices import RotationEnd
from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.hurry import LONGEST_RESTARTS, LONGEST_STEP, hurry
from roottrust.domain.rotation.infer import FoundPosture, FoundRoots, infer_state
from roottrust.domain.rotation.machine import Step, advance
from roottrust.domain.rotation.posture import Side, find_posture
from roottrust.domain.rotation.report import tell_rotation
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.transition import list_rotation_transitions
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.domain.rotation.rotations import (
    CROSS,
    LONG_AGO,
    NEW,
    NOW,
    OLD,
    build_mesh,
    build_state,
    build_vault,
    build_view,
)

COMPROMISED = Orders(compromised=frozenset({2}))
HURRIED = Strategy.DISTRUST_FIRST
ORDER = list_stages(HURRIED)
CALM = RotationWish(
    generation=2,
    is_manual=True,
    soak=timedelta(hours=1),
    waves=(frozenset({"c0"}),),
    dependants=("vm",),
    orders=COMPROMISED,
)
WISH = hurry(CALM, RotationStatus(root_generation=1))


def build(stage: Stage, *, seconds: float = 0.0, **content: object) -> RotationStatus:
    """Return a rotation that is so long in a stage."""
    begun = NOW - timedelta(seconds=seconds)
    return build_state(stage, HURRIED, stage_started_at=begun, **content)


def go(state: RotationStatus, view: FleetView | None = None, wish: RotationWish = WISH) -> Step:
    return advance(state, wish, view or build_view(state, wish), now=NOW)


def see(state: RotationStatus, **content: object) -> FleetView:
    """Return a fleet of which one cluster is not done, in this way."""
    late = build_mesh(state, "c1", WISH, **content)
    return build_view(state, WISH, meshes=(build_mesh(state, "c0", WISH), late))


def test_only_the_generation_that_is_named_is_in_a_hurry() -> None:
    other = replace(CALM, orders=Orders(compromised=frozenset({3})))
    assert hurry(other, build_state(Stage.SIGN)) == other
    assert not hurry(CALM, build_state(Stage.SIGN, to_generation=3)).is_hurried
    assert WISH.is_hurried
    assert (WISH.is_manual, WISH.waves, WISH.dependants) == (False, (), ())
    assert (WISH.soak, WISH.kubelet_time) == (timedelta(0), timedelta(0))


def test_the_next_root_is_trusted_everywhere_before_it_signs_and_nobody_is_asked() -> None:
    state, found = RotationStatus(root_generation=1), []
    while not state.history:
        state = go(state).state
        if state.stage is not None:
            found.append(state.stage)
    assert tuple(dict.fromkeys(found)) == ORDER
    assert [stage for stage in found if stage is not Stage.PREPARE] == list(ORDER[1:])
    (past,) = state.history
    assert (past.end, past.strategy, past.distrusted_at) == (RotationEnd.COMPLETED, HURRIED, NOW)
    assert past.left_behind == ()
    assert state.root == NEW


def test_postures_are_crossed_only_where_vault_could_do_it() -> None:
    signing = find_posture(build(Stage.SIGN), wave=0)
    assert signing.is_crossed
    assert (signing.signer, signing.roots) == (Side.NEXT, (Side.PREVIOUS, Side.NEXT))
    assert not find_posture(build(Stage.SIGN, cross_certificate=None), wave=0).is_crossed
    assert find_posture(build(Stage.WIDEN), wave=0).signer is Side.PREVIOUS
    assert find_posture(build(Stage.DROP), wave=0).roots == (Side.NEXT,)


def test_a_next_root_that_cannot_be_cross_signed_is_no_reason_to_wait() -> None:
    vault = build_vault(can_cross_sign=False, cross_certificate=None)
    state = build_state(Stage.PREPARE, None, cross_certificate=None)
    after = go(state, build_view(state, WISH, vault=vault)).state
    assert (after.stage, after.strategy, after.cross_certificate) == (Stage.WIDEN, HURRIED, None)


def test_a_cross_certificate_that_is_on_its_way_is_waited_for() -> None:
    state = build_state(Stage.PREPARE, None, cross_certificate=None)
    coming = build_vault(cross_certificate=None)
    assert go(state, build_view(state, WISH, vault=coming)).waits
    failed = build_vault(cross_certificate=None, cross_fault="Vault denied it.")
    assert go(state, build_view(state, WISH, vault=failed)).state.stage is Stage.WIDEN


def test_without_a_next_root_there_is_nothing_to_go_on_with() -> None:
    state = build_state(Stage.PREPARE, None)
    for vault in (build_vault(next=None), build_vault(fault="It has the same key.")):
        step = go(state, build_view(state, WISH, vault=vault))
        assert step.state.stage is Stage.PREPARE
        assert step.waits


@pytest.mark.parametrize("stage", ORDER[1:])
def test_whoever_does_not_answer_is_left_behind(stage: Stage) -> None:
    state = build(stage)
    view = build_view(
        state,
        WISH,
        meshes=(build_mesh(state, "c0", WISH),),
        heard=frozenset({"c0"}),
        silent={"c1": "c1 is cut off."},
    )
    step = go(state, view)
    assert step.waits == ()
    assert [each.message for each in step.left] == ["c1 is cut off."]
    told = tell_rotation(step, WISH, view).status
    if stage is Stage.RETIRE:
        assert step.state.history[0].left_behind == ("c1",)
        return
    assert step.state.stage is ORDER[ORDER.index(stage) + 1]
    assert step.state.left_behind == told.left_behind == ("c1",)
    assert "It goes on without c1, where it may still be trusted." in (told.message or "")
    (c1,) = (each for each in told.clusters if each.name == "c1")
    assert c1.message == "c1 is cut off."


LATE: dict[Stage, dict[str, object]] = {
    Stage.WIDEN: {"serves": False, "message": "It is slow."},
    Stage.SIGN: {"serves": False, "message": "It is slow."},
    Stage.PROVE: {"evidence": None},
    Stage.DROP: {"evidence": None},
    Stage.RETIRE: {"serves": False, "message": "It is slow."},
}


@pytest.mark.parametrize("stage", LATE)
def test_a_mesh_that_is_heard_is_waited_for_but_not_for_ever(stage: Stage) -> None:
    longest = LONGEST_RESTARTS if stage in {Stage.PROVE, Stage.DROP} else LONGEST_STEP
    for seconds, is_held in ((longest.total_seconds() - 1, True), (longest.total_seconds(), False)):
        state = build(stage, seconds=seconds)
        step = go(state, see(state, **LATE[stage]))
        assert (step.state.stage is stage, bool(step.waits)) == (is_held, is_held)
        assert bool(step.left) is not is_held


def test_who_was_left_behind_in_drop_is_told_at_the_end() -> None:
    state = build(Stage.DROP, seconds=LONGEST_RESTARTS.total_seconds())
    retiring = go(state, see(state, evidence=None)).state
    assert (retiring.stage, retiring.left_behind) == (Stage.RETIRE, ("c1",))
    ended = go(retiring).state
    assert ended.history[0].left_behind == ("c1",)
    (event,) = list_rotation_transitions(retiring, ended)
    assert not event.is_normal
    assert "The compromised root is revoked" in event.message
    assert event.message.endswith("It may still be trusted in c1.")


def test_distrust_counts_from_when_the_last_mesh_had_dropped_the_root() -> None:
    state = build(Stage.DROP)
    waiting = go(state, see(state, evidence=None)).state
    assert (waiting.stage, waiting.distrusted_at) == (Stage.DROP, None)
    assert go(state).state.distrusted_at == NOW
    known = build(Stage.DROP, distrusted_at=LONG_AGO)
    assert go(known).state.distrusted_at == LONG_AGO
    assert go(build_state(Stage.DROP)).state.distrusted_at == NOW
    calm = RotationWish(generation=2)
    assert go(build_state(Stage.DROP), wish=calm).state.distrusted_at is None


def test_a_person_may_drop_it_before_all_workloads_are_restarted() -> None:
    state = build(Stage.PROVE)
    approved = replace(WISH, orders=replace(COMPROMISED, approved=frozenset({(2, "drop")})))
    step = go(state, see(state, evidence=None), approved)
    assert step.state.stage is Stage.DROP
    assert go(build(Stage.SIGN), see(build(Stage.SIGN), serves=False), approved).waits


@pytest.mark.parametrize("stage", [Stage.WIDEN, Stage.SIGN])
def test_an_istiod_that_takes_no_roots_while_it_runs_is_not_waited_for(stage: Stage) -> None:
    state = build(stage)
    deaf: dict[str, object] = {"serves": False, "message": "It is deaf.", "multi_root": False}
    assert go(state, see(state, **deaf)).state.stage is ORDER[ORDER.index(stage) + 1]
    proving = build(Stage.PROVE)
    assert go(proving, see(proving, **deaf)).waits, "there it is restarted"


def test_a_pause_and_a_roll_back_are_obeyed_and_what_vault_lacks_is_waited_for() -> None:
    state = build(Stage.SIGN)
    paused = replace(WISH, orders=replace(COMPROMISED, paused=frozenset({2})))
    assert go(state, wish=paused).state.stage is Stage.SIGN
    back = replace(WISH, orders=replace(COMPROMISED, rolled_back=frozenset({2})))
    returning = go(state, wish=back).state
    assert returning.stage is Stage.RETURN
    assert go(returning, see(returning, serves=False), back).waits, "there is no hurry to return"
    unsettled = build_view(build(Stage.RETIRE), WISH, vault=build_vault(is_settled=False))
    late = build(Stage.RETIRE, seconds=1e6)
    assert go(late, unsettled).waits


def test_what_is_found_compromised_in_the_middle_goes_on_in_its_own_order() -> None:
    for strategy in (Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT):
        state, found = build_state(list_stages(strategy)[1], strategy), []
        while state.stage is not None:
            found.append(state.stage)
            state = go(state).state
        assert tuple(found) == list_stages(strategy)[1:]


def test_evidence_that_nobody_has_does_not_hold_up_a_hurried_confirm() -> None:
    state = build_state(Stage.CONFIRM, Strategy.MULTI_ROOT, stage_started_at=NOW)
    assert go(state, see(state, evidence=None)).state.stage is Stage.SIGN


@pytest.mark.parametrize("stage", ORDER)
def test_after_lost_status_it_is_found_where_it_was(stage: Stage) -> None:
    state = build(stage)
    posture = find_posture(state, wave=0)
    names = {Side.PREVIOUS: OLD.fingerprint, Side.NEXT: NEW.fingerprint}
    found = FoundPosture(
        cluster="c0",
        signer=names[posture.signer],
        roots=tuple(names[each] for each in posture.roots),
        cross_certificate=CROSS if posture.is_crossed else None,
    )
    roots = FoundRoots(previous=OLD, named=NEW)
    inferred = infer_state(CALM, roots, [found], now=NOW)
    expected = {Stage.PROVE: Stage.SIGN, Stage.RETIRE: Stage.DROP}.get(stage, stage)
    assert inferred.stage is expected
    if stage is not Stage.PREPARE:
        assert inferred.strategy is HURRIED


def test_a_mesh_may_be_in_no_cluster_that_is_waited_for() -> None:
    """A cluster that vanished from the registry is as one that does not answer."""
    state = build(Stage.WIDEN, members=("c0", "gone"))
    view = build_view(state, WISH, meshes=(build_mesh(state, "c0", WISH),), heard=frozenset({"c0"}))
    step = go(state, view)
    assert (step.state.stage, step.state.left_behind) == (Stage.SIGN, ("gone",))


def test_what_has_signed_before_it_widened_is_found_in_its_own_order() -> None:
    early = FoundPosture(
        cluster="c0", signer=NEW.fingerprint, roots=(OLD.fingerprint,), cross_certificate=CROSS
    )
    late = FoundPosture(cluster="c1", signer=OLD.fingerprint, roots=(OLD.fingerprint,))
    roots = FoundRoots(previous=OLD, named=NEW)
    inferred = infer_state(CALM, roots, [early, late], now=NOW)
    assert (inferred.stage, inferred.strategy) == (Stage.SIGN, Strategy.CROSS_SIGNED)

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from roottrust.api.choices import RotationEnd
from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import HISTORY_MAX, PastRotation, RotationStatus
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.machine import Step, advance, is_due
from roottrust.domain.rotation.stage import NEEDS_APPROVAL, list_stages
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
    build_wish,
)

AT_REST = RotationStatus(root_generation=1)
ROLLED_BACK = Orders(rolled_back=frozenset({2}))
STRATEGIES = [Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT]


def go(
    state: RotationStatus | None,
    wish: RotationWish | None = None,
    view: FleetView | None = None,
) -> Step:
    wish = wish or build_wish()
    if view is None:
        view = build_view(state or AT_REST, wish)
    return advance(state, wish, view, now=NOW)


def test_at_first_sight_a_generation_is_the_one_in_use() -> None:
    for before in (None, RotationStatus(intermediate_generation=4)):
        state = go(before, build_wish(generation=7)).state
        assert state.root_generation == 7
        assert state.stage is None
        assert not is_due(before, build_wish(generation=9))
    assert state.intermediate_generation == 4


def test_nothing_begins_unless_the_generation_is_raised() -> None:
    for state in (AT_REST, AT_REST.model_copy(update={"rejected_generation": 2})):
        generation = 1 if state is AT_REST else 2
        assert go(state, build_wish(generation=generation)) == Step(state=state)
    assert not is_due(AT_REST, build_wish(generation=1))
    assert is_due(AT_REST, build_wish())
    assert is_due(build_state(Stage.SIGN), build_wish(generation=1))


def test_a_rotation_begins_by_what_vault_has() -> None:
    view = build_view(AT_REST, silent={"c7": "c7 is cut off."})
    state = go(AT_REST, view=view).state
    assert (state.stage, state.to_generation, state.wave) == (Stage.PREPARE, 2, 0)
    assert (state.previous, state.next, state.default_issuer) == (OLD, None, "a")
    assert state.started_at == state.stage_started_at == NOW
    assert state.members == ("c0", "c1", "c7")


def test_a_rotation_waits_for_a_root_to_begin_with() -> None:
    step = go(AT_REST, view=build_view(AT_REST, vault=build_vault(previous=None)))
    assert step.state == AT_REST
    assert "VaultConfigured" in step.waits[0].message


def test_a_rotation_that_is_rolled_back_beforehand_does_not_begin() -> None:
    assert go(AT_REST, build_wish(orders=ROLLED_BACK)) == Step(state=AT_REST)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_stages_follow_one_by_one_to_the_end(strategy: Strategy) -> None:
    wish, state, found = build_wish(strategy=strategy), AT_REST, []
    while True:
        state = advance(state, wish, build_view(state, wish), now=NOW).state
        if state.stage is None:
            break
        found.append(state.stage)
        assert state.stage_started_at == NOW
        state = state.model_copy(update={"stage_started_at": LONG_AGO})
    assert tuple(found) == list_stages(strategy)
    assert state == RotationStatus(
        root_generation=2,
        root=NEW,
        history=(
            PastRotation(
                generation=2,
                end=RotationEnd.COMPLETED,
                strategy=strategy,
                fingerprint=NEW.fingerprint,
                started_at=NOW,
                ended_at=NOW,
            ),
        ),
    )


def test_what_prepare_has_found_is_kept() -> None:
    state = go(build_state(Stage.PREPARE, None, next=None, cross_certificate=None)).state
    assert (state.stage, state.strategy) == (Stage.SIGN, Strategy.CROSS_SIGNED)
    assert (state.next, state.cross_certificate) == (NEW, CROSS)


def test_what_is_not_proven_is_told_and_nothing_moves() -> None:
    state = build_state(Stage.SIGN, proven_at=LONG_AGO)
    view = build_view(state, meshes=(build_mesh(state, "c0", serves=False),))
    step = go(state, view=view)
    assert step.state == state.model_copy(update={"proven_at": None})
    assert [each.cluster for each in step.waits] == ["c0"]


def test_waves_follow_each_other_before_the_next_stage() -> None:
    wish = build_wish(waves=(frozenset({"c0"}), frozenset({"c1"})))
    state, found = build_state(Stage.WIDEN), []
    for _ in range(3):
        found.append((state.stage, state.wave))
        state = advance(state, wish, build_view(state, wish), now=NOW).state
        assert state.proven_at is None
    assert found == [(Stage.WIDEN, 0), (Stage.WIDEN, 1), (Stage.WIDEN, 2)]
    assert (state.stage, state.wave) == (Stage.PROVE, 0)


def test_a_stage_soaks_from_when_it_was_proven() -> None:
    wish = build_wish(soak=timedelta(hours=1))
    begun = go(build_state(Stage.SIGN), wish)
    assert (begun.state.stage, begun.state.proven_at) == (Stage.SIGN, NOW)
    assert begun.waits[0].ends_at == NOW + timedelta(hours=1)
    for minutes, expected in ((59, Stage.SIGN), (60, Stage.WIDEN)):
        proven_at = NOW - timedelta(minutes=minutes)
        assert go(build_state(Stage.SIGN, proven_at=proven_at), wish).state.stage is expected
    assert go(build_state(Stage.PREPARE, None), wish).state.stage is Stage.SIGN


def test_a_wave_soaks_too() -> None:
    wish = build_wish(soak=timedelta(hours=1), waves=(frozenset({"c0"}),))
    state = go(build_state(Stage.SIGN), wish).state
    assert (state.wave, state.proven_at) == (0, NOW)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_by_hand_a_person_lets_it_into_what_changes_something(strategy: Strategy) -> None:
    order = list_stages(strategy)
    for before, stage in pairwise(order):
        state = build_state(before, strategy)
        wish = build_wish(strategy=strategy, is_manual=True)
        step = go(state, wish)
        assert (step.state.stage is before) is (stage in NEEDS_APPROVAL)
        if stage in NEEDS_APPROVAL:
            assert step.waits[0].needs_person
            assert f"rotation-approve: 2/{stage}" in step.waits[0].message
        for approved, expected in (
            ((2, stage.value.lower()), stage),
            ((1, stage.value.lower()), before if stage in NEEDS_APPROVAL else stage),
        ):
            orders = Orders(approved=frozenset({approved}))
            assert go(state, replace(wish, orders=orders)).state.stage is expected


def test_who_else_trusts_the_root_has_to_be_told_before_the_drop() -> None:
    wish = build_wish(dependants=("gateway", "vm"))
    step = go(build_state(Stage.PROVE), wish)
    assert step.state.stage is Stage.PROVE
    assert "gateway, vm must trust the next root first" in step.waits[0].message
    assert go(build_state(Stage.SIGN), wish).state.stage is Stage.WIDEN
    orders = Orders(approved=frozenset({(2, "drop")}))
    assert go(build_state(Stage.PROVE), replace(wish, orders=orders)).state.stage is Stage.DROP


def test_a_pause_holds_what_is_proven() -> None:
    wish = build_wish(orders=Orders(paused=frozenset({2})))
    state = build_state(Stage.SIGN)
    step = go(state, wish)
    assert step.state == state
    assert step.waits[0].needs_person
    assert "rotation-pause" in step.waits[0].message
    assert go(state, build_wish(orders=Orders(paused=frozenset({1})))).state.stage is Stage.WIDEN


@pytest.mark.parametrize(
    ("strategy", "stage"), [(each, stage) for each in STRATEGIES for stage in list_stages(each)]
)
def test_it_can_be_rolled_back_until_the_drop(strategy: Strategy, stage: Stage) -> None:
    state = build_state(stage, strategy)
    view = build_view(state, meshes=(), vault=build_vault(next=None))
    after = go(state, build_wish(orders=ROLLED_BACK), view).state
    if stage in {Stage.DROP, Stage.RETIRE}:
        assert (after.stage, after.returned_from) == (stage, None)
        return
    assert after.stage is (Stage.NARROW if stage is Stage.PREPARE else Stage.RETURN)
    assert (after.returned_from, after.stage_started_at) == (stage, NOW)


def test_a_roll_back_keeps_the_wave_and_ends() -> None:
    wish = build_wish(orders=ROLLED_BACK, waves=(frozenset({"c0"}),))
    state, found = build_state(Stage.WIDEN, wave=1), []
    while state.stage is not None:
        state = advance(state, wish, build_view(state, wish), now=NOW).state
        found.append((state.stage, state.wave))
    assert found == [(Stage.RETURN, 1), (Stage.NARROW, 0), (None, None)]
    assert (state.root_generation, state.rejected_generation, state.root) == (1, 2, None)
    assert (state.history[0].end, state.history[0].fingerprint) == (
        RotationEnd.ROLLED_BACK,
        OLD.fingerprint,
    )
    assert not is_due(state, wish)
    assert is_due(state, replace(wish, generation=3))


def test_a_roll_back_goes_on_while_it_is_paused_until_it_would_narrow() -> None:
    orders = replace(ROLLED_BACK, paused=frozenset({2}))
    state = go(build_state(Stage.PROVE), build_wish(orders=orders)).state
    assert state.stage is Stage.RETURN
    assert go(state, build_wish(orders=orders)).state.stage is Stage.RETURN


def test_a_second_generation_is_queued() -> None:
    wish = build_wish(generation=3)
    state = build_state(Stage.RETIRE)
    done = go(state, wish).state
    assert (done.root_generation, done.stage) == (2, None)
    assert is_due(done, wish)
    assert go(done, wish).state.to_generation == 3


def test_a_generation_is_overtaken_while_nothing_was_made_of_it() -> None:
    """What Vault has is of the generation before: it must not be gone on with."""
    wish = build_wish(generation=3)
    step = go(build_state(Stage.PREPARE, proven_at=LONG_AGO), wish)
    state = step.state
    assert (state.stage, state.to_generation) == (Stage.PREPARE, 3)
    assert (state.strategy, state.next, state.cross_certificate, state.proven_at) == (None,) * 4
    assert go(build_state(Stage.SIGN), wish).state.to_generation == 2


def test_clusters_that_appear_are_missed_when_they_vanish() -> None:
    state = build_state(Stage.WIDEN, members=("c0",))
    noted = go(state, view=build_view(state, silent={"c9": "c9 is cut off."})).state
    assert noted.members == ("c0", "c1", "c9")
    step = go(noted, view=build_view(noted))
    assert [each.cluster for each in step.waits] == ["c9"]


def test_who_was_excluded_is_remembered() -> None:
    orders = Orders(excluded=frozenset({(2, "c1"), (2, "other"), (1, "c0")}))
    state = go(build_state(Stage.RETIRE), build_wish(orders=orders)).state
    assert state.history[0].excluded == ("c1",)


def test_the_history_is_bounded_and_the_last_comes_first() -> None:
    past = tuple(
        PastRotation(generation=each, end=RotationEnd.COMPLETED, ended_at=LONG_AGO)
        for each in range(HISTORY_MAX)
    )
    history = go(build_state(Stage.RETIRE, history=past)).state.history
    assert len(history) == HISTORY_MAX
    assert history[0].generation == 2
    assert history[1:] == past[:-1]

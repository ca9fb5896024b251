from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.posture import START, Posture, find_posture, has_widened, name_step
from roottrust.domain.rotation.stage import list_stages
from tests.unit.domain.rotation.rotations import NEW, NOW, OLD, build_state

CROSS, MULTI = Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT

POSTURES = {
    (CROSS, Stage.PREPARE): "A: A",
    (CROSS, Stage.SIGN): "B: A crossed",
    (CROSS, Stage.WIDEN): "B: A B crossed",
    (CROSS, Stage.PROVE): "B: A B crossed",
    (CROSS, Stage.DROP): "B: B crossed",
    (CROSS, Stage.RETIRE): "B: B",
    (MULTI, Stage.PREPARE): "A: A",
    (MULTI, Stage.WIDEN): "A: A B",
    (MULTI, Stage.CONFIRM): "A: A B",
    (MULTI, Stage.SIGN): "B: A B",
    (MULTI, Stage.PROVE): "B: A B",
    (MULTI, Stage.DROP): "B: B",
    (MULTI, Stage.RETIRE): "B: B",
}


def show(posture: Posture) -> str:
    names = {"previous": "A", "next": "B"}
    text = f"{names[posture.signer]}: {' '.join(names[each] for each in posture.roots)}"
    return f"{text} crossed" if posture.is_crossed else text


def find(stage: Stage, strategy: Strategy = CROSS, *, wave: int = 0, **content: object) -> str:
    return show(find_posture(build_state(stage, strategy, **content), wave=wave))


@pytest.mark.parametrize(("strategy", "stage"), POSTURES)
def test_each_stage_has_its_posture(strategy: Strategy, stage: Stage) -> None:
    assert find(stage, strategy) == POSTURES[strategy, stage]


@pytest.mark.parametrize("strategy", [CROSS, MULTI])
def test_who_waits_for_a_wave_has_the_stage_before(strategy: Strategy) -> None:
    order = list_stages(strategy)
    for before, stage in pairwise(order):
        is_in_waves = stage in {Stage.SIGN, Stage.WIDEN, Stage.DROP}
        expected = before if is_in_waves else stage
        found = show(find_posture(build_state(stage, strategy, wave=1), wave=2))
        assert found == POSTURES[strategy, expected]
        reached = show(find_posture(build_state(stage, strategy, wave=1), wave=1))
        assert reached == POSTURES[strategy, stage]


def test_without_a_rotation_or_a_strategy_all_is_as_before() -> None:
    assert find_posture(RotationStatus(), wave=0) == START
    assert find_posture(build_state(Stage.PREPARE, None), wave=0) == START
    assert not has_widened(RotationStatus())


@pytest.mark.parametrize(
    ("strategy", "returned_from", "expected"),
    [
        (CROSS, Stage.SIGN, "A: A"),
        (CROSS, Stage.WIDEN, "A: A B"),
        (CROSS, Stage.PROVE, "A: A B"),
        (MULTI, Stage.WIDEN, "A: A B"),
        (MULTI, Stage.CONFIRM, "A: A B"),
        (MULTI, Stage.SIGN, "A: A B"),
        (MULTI, Stage.PROVE, "A: A B"),
    ],
)
def test_a_roll_back_signs_as_before_and_keeps_the_roots_as_far_as_they_came(
    strategy: Strategy, returned_from: Stage, expected: str
) -> None:
    assert find(Stage.RETURN, strategy, returned_from=returned_from) == expected
    assert find(Stage.NARROW, strategy, returned_from=returned_from) == "A: A"


@pytest.mark.parametrize("strategy", [CROSS, MULTI])
def test_a_roll_back_widens_nobody(strategy: Strategy) -> None:
    state = build_state(Stage.RETURN, strategy, returned_from=Stage.WIDEN, wave=1)
    assert [show(find_posture(state, wave=each)) for each in range(3)] == [
        "A: A B",
        "A: A B",
        "A: A",
    ]
    later = build_state(Stage.RETURN, strategy, returned_from=Stage.PROVE)
    assert show(find_posture(later, wave=2)) == "A: A B"


def name(stage: Stage, strategy: Strategy = MULTI, **content: object) -> str:
    state = build_state(stage, strategy, **content)
    return name_step(state, find_posture(state, wave=0))


def test_a_step_is_named_after_signer_and_roots() -> None:
    assert name(Stage.WIDEN) == name(Stage.CONFIRM)
    assert name(Stage.SIGN) == name(Stage.PROVE)
    assert name(Stage.DROP, CROSS) == name(Stage.RETIRE, CROSS)
    names = [name(each) for each in (Stage.WIDEN, Stage.SIGN, Stage.DROP)]
    assert len(set(names)) == 3
    assert name(Stage.SIGN, CROSS) not in names
    assert all(each.startswith("g2-") for each in names)


def test_a_step_is_named_after_the_roots_themselves() -> None:
    assert name(Stage.SIGN) != name(Stage.SIGN, next=OLD, previous=NEW)
    assert name(Stage.PREPARE, next=None) == name(Stage.PREPARE)


def test_a_step_that_is_come_back_to_has_another_name() -> None:
    assert name(Stage.RETURN, returned_from=Stage.SIGN) != name(Stage.CONFIRM)
    assert name(Stage.SIGN, started_at=NOW) != name(Stage.SIGN, started_at=NOW - timedelta(1))
    assert name(Stage.SIGN, wave=1, stage_started_at=NOW) == name(Stage.SIGN)

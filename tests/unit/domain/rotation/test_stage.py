from __future__ import annotations

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation.stage import (
    can_return,
    find_next_stage,
    find_stage_before,
    is_final,
    is_returning,
    list_stages,
)

STRATEGIES = [Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_stages_follow_each_other_to_the_end(strategy: Strategy) -> None:
    found: list[Stage] = [Stage.PREPARE]
    while following := find_next_stage(found[-1], strategy):
        assert find_stage_before(following, strategy) is found[-1]
        found.append(following)
    assert tuple(found) == list_stages(strategy)
    assert found[-3:] == [Stage.PROVE, Stage.DROP, Stage.RETIRE]


def test_all_trust_both_roots_before_anybody_signs_unless_cross_signed() -> None:
    crossed, multi = (list_stages(each) for each in STRATEGIES)
    assert crossed.index(Stage.SIGN) < crossed.index(Stage.WIDEN)
    assert multi.index(Stage.WIDEN) < multi.index(Stage.CONFIRM) < multi.index(Stage.SIGN)


def test_before_a_strategy_is_chosen_there_is_the_first_stage_alone() -> None:
    assert list_stages(None) == (Stage.PREPARE,)
    assert find_stage_before(Stage.PREPARE, Strategy.MULTI_ROOT) is Stage.PREPARE


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_roll_back_narrows_last(strategy: Strategy) -> None:
    assert find_next_stage(Stage.RETURN, strategy) is Stage.NARROW
    assert find_next_stage(Stage.NARROW, strategy) is None


def test_a_rotation_can_be_rolled_back_until_the_old_root_is_dropped() -> None:
    possible = {stage for stage in Stage if can_return(stage)}
    assert possible == {Stage.PREPARE, Stage.SIGN, Stage.WIDEN, Stage.CONFIRM, Stage.PROVE}
    assert not can_return(None)
    assert {stage for stage in Stage if is_final(stage)} == {Stage.DROP, Stage.RETIRE}
    assert {stage for stage in Stage if is_returning(stage)} == {Stage.RETURN, Stage.NARROW}

"""Which stage waits for a person: just the one that the state machine waits with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation.machine import advance
from roottrust.domain.rotation.stage import find_next_stage, list_stages
from roottrust.domain.rotation.wish import Orders, RotationWish
from roottrust.domain.rotation_approval import find_awaited, list_asked_for
from roottrust.domain.rotation_text import tell_stage
from tests.unit.cli.rotating import build_state, build_view
from tests.unit.domain.agent_entries import LATER

BOTH = (Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT)
WAVES = (frozenset({"cluster1"}),)
HOUR = timedelta(hours=1)
ALL_APPROVED = Orders(approved=frozenset({(2, each.value.lower()) for each in Stage}))


@pytest.mark.parametrize("strategy", BOTH)
@pytest.mark.parametrize(
    "wish",
    [
        RotationWish(generation=2),
        RotationWish(generation=2, is_manual=True),
        RotationWish(generation=2, dependants=("gateway",)),
        RotationWish(generation=2, is_manual=True, soak=HOUR),
        RotationWish(generation=2, is_manual=True, waves=WAVES),
        RotationWish(generation=2, is_manual=True, orders=Orders(paused=frozenset({2}))),
        RotationWish(generation=2, is_manual=True, soak=HOUR, waves=WAVES),
        RotationWish(generation=2, is_manual=True, orders=ALL_APPROVED),
        RotationWish(generation=2, is_manual=True, orders=ALL_APPROVED, soak=HOUR),
    ],
)
@pytest.mark.parametrize("wave", [0, 1])
@pytest.mark.parametrize("later", [timedelta(0), 2 * HOUR])
def test_it_is_the_one_that_the_machine_waits_with(
    strategy: Strategy, wish: RotationWish, wave: int, later: timedelta
) -> None:
    """Else a person would be told to approve what nobody asks for, or be left alone."""
    for stage in list_stages(strategy)[1:]:
        state = build_state(stage, strategy=strategy, wave=wave)
        view = build_view(state)
        seen = advance(state, wish, view, now=LATER).state
        step = advance(seen, wish, view, now=LATER + later)
        following = find_next_stage(seen.stage, strategy) if seen.stage else None
        asks = [each for each in step.waits if each.message.startswith(f"{following} waits for a")]
        for known in (step.state, seen) if seen.proven_at else (step.state,):
            awaited = find_awaited(known, wish, now=LATER + later)
            assert awaited == (following if asks else None)


def test_while_a_stage_is_not_proven_nobody_is_asked() -> None:
    wish = RotationWish(generation=2, is_manual=True)
    state = build_state()
    late = advance(state, wish, build_view(state, late=1), now=LATER).state
    assert find_awaited(late, wish, now=LATER) is None
    proven = advance(state, wish, build_view(state), now=LATER).state
    assert find_awaited(proven, wish, now=LATER) is Stage.DROP


def test_the_stages_that_ask_are_known_before() -> None:
    manual = RotationWish(is_manual=True)
    assert list_asked_for(Strategy.MULTI_ROOT, manual) == (
        Stage.WIDEN,
        Stage.SIGN,
        Stage.DROP,
        Stage.RETIRE,
    )
    assert list_asked_for(None, RotationWish(dependants=("gateway",))) == (Stage.DROP,)
    assert list_asked_for(None, RotationWish()) == ()


def test_every_stage_has_words() -> None:
    told = {tell_stage(each) for each in Stage}
    assert len(told) == len(Stage)
    assert "signed by that one" in tell_stage(Stage.PREPARE, Strategy.CROSS_SIGNED)
    assert "signed by" not in tell_stage(Stage.PREPARE, Strategy.MULTI_ROOT)

"""Which stage waits for a person: just the one that the state machine waits with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation.approval import find_awaited, list_asked_for
from roottrust.domain.rotation.machine import advance
from roottrust.domain.rotation.stage import find_next_stage, list_stages
from roottrust.domain.rotation.stage_text import tell_stage
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.cli.rotating import build_state, build_view
from tests.unit.domain.agent_entries import LATER

BOTH = (Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT)
WAVES = (frozenset({"cluster1"}),)
HOUR = timedelta(hours=1)
STRANGERS = ("pki/ has signed somebody",)
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
@pytest.mark.parametrize("unseen", [(), STRANGERS])
def test_it_is_the_one_that_the_machine_waits_with(
    strategy: Strategy, wish: RotationWish, wave: int, later: timedelta, unseen: tuple[str, ...]
) -> None:
    """Else a person would be told to approve what nobody asks for, or be left alone."""
    for stage in list_stages(strategy)[1:]:
        state = build_state(stage, strategy=strategy, wave=wave)
        view = replace(build_view(state), unseen=unseen)
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


@pytest.mark.parametrize("strategy", BOTH)
def test_who_is_not_seen_holds_up_drop_alone_until_a_person_approves(strategy: Strategy) -> None:
    wish = RotationWish(generation=2, dependants=("gateway",))
    state = build_state(strategy=strategy)
    view = replace(build_view(state), unseen=STRANGERS)
    held = advance(state, wish, view, now=LATER)
    assert (held.state.stage, held.state.unseen) == (Stage.PROVE, STRANGERS)
    assert held.state.proven_at is not None, "Prove itself is not held up"
    (wait,) = held.waits
    assert wait.needs_person
    assert wait.message.startswith(
        "Drop waits for a person: gateway must trust the next root first; pki/ has signed somebody."
    )
    approved = replace(wish, orders=Orders(approved=frozenset({(2, "drop")})))
    after = advance(held.state, approved, view, now=LATER).state
    assert (after.stage, after.unseen) == (Stage.DROP, ())


def test_who_is_gone_or_not_looked_for_yet_holds_nothing_up() -> None:
    wish, state = RotationWish(generation=2), build_state()
    view = build_view(state)
    held = advance(state, wish, replace(view, unseen=STRANGERS), now=LATER).state
    assert advance(held, wish, view, now=LATER).state.stage is Stage.DROP
    widening = build_state(Stage.WIDEN)
    view = replace(build_view(widening, silent="cluster2"), unseen=STRANGERS)
    after = advance(widening, wish, view, now=LATER).state
    assert (after.stage, after.unseen) == (Stage.WIDEN, ())
    view = replace(build_view(widening), unseen=STRANGERS)
    after = advance(widening, wish, view, now=LATER).state
    assert (after.stage, after.unseen) == (Stage.PROVE, ())


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

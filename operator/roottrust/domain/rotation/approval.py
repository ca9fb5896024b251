"""Which stages of a rotation a person is asked for, and which of them waits for one now."""

from __future__ import annotations

from datetime import datetime

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.stage import (
    IN_WAVES,
    NEEDS_APPROVAL,
    find_next_stage,
    list_stages,
)
from roottrust.domain.rotation.wish import RotationWish


def is_asked_for(stage: Stage, wish: RotationWish, *, unseen: tuple[str, ...] = ()) -> bool:
    """Whether a person has to let a rotation into a stage; `unseen` is as the status has it."""
    if wish.is_hurried:
        return False
    return (wish.is_manual and stage in NEEDS_APPROVAL) or (
        stage is Stage.DROP and bool(wish.dependants or unseen)
    )


def list_asked_for(
    strategy: Strategy | None, wish: RotationWish, *, unseen: tuple[str, ...] = ()
) -> tuple[Stage, ...]:
    """Return the stages that a person has to let a rotation into, in their order."""
    order = list_stages(strategy or Strategy.CROSS_SIGNED)
    return tuple(stage for stage in order if is_asked_for(stage, wish, unseen=unseen))


def find_soaked(state: RotationStatus, wish: RotationWish) -> datetime | None:
    """Return when a stage or wave that is proven has soaked, None for one that is not."""
    if state.proven_at is None or state.stage is Stage.PREPARE:
        return state.proven_at
    return state.proven_at + wish.soak


def has_wave_left(state: RotationStatus, wish: RotationWish) -> bool:
    """Whether further clusters take the stage under way before another one follows."""
    return state.stage in IN_WAVES and (state.wave or 0) < len(wish.waves)


def find_awaited(state: RotationStatus, wish: RotationWish, *, now: datetime) -> Stage | None:
    """Return the stage that waits for a person alone: all before it is proven and has soaked."""
    stage, strategy, soaked = state.stage, state.strategy, find_soaked(state, wish)
    generation = state.to_generation or 0
    if stage is None or strategy is None or soaked is None or now < soaked:
        return None
    if generation in wish.orders.paused or has_wave_left(state, wish):
        return None
    following = find_next_stage(stage, strategy)
    if following is None or wish.is_approved(following, generation):
        return None
    return following if is_asked_for(following, wish, unseen=state.unseen) else None

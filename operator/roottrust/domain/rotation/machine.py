"""The state machine of a rotation: from what was decided before and is seen now to what is next.

Pure, total, and driven by observed state alone: whoever takes over goes on from the status. One
call goes at most one step, which counts once it is kept in the status.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from roottrust.api.choices import RotationEnd
from roottrust.api.choices import RotationStage as Stage
from roottrust.api.rotation_status import (
    HISTORY_MAX,
    ROTATION_CLUSTERS_MAX,
    PastRotation,
    RotationStatus,
)
from roottrust.domain.rotation.approval import find_soaked, has_wave_left, is_asked_for
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.gate import choose_strategy, list_waits
from roottrust.domain.rotation.hurry import split_waits
from roottrust.domain.rotation.stage import can_return, find_next_stage, list_way_back
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import APPROVE_ANNOTATION, PAUSE_ANNOTATION, RotationWish


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to be kept, what the stage under way waits for, and what it goes on without."""

    state: RotationStatus
    waits: tuple[Wait, ...] = ()
    left: tuple[Wait, ...] = ()


def advance(
    before: RotationStatus | None, wish: RotationWish, view: FleetView, *, now: datetime
) -> Step:
    """Go on as far as one step, if all is proven that it takes."""
    now = now.replace(microsecond=0)
    if before is None or before.root_generation is None:
        known = before or RotationStatus()
        return Step(state=_change(known, root_generation=wish.generation))
    if before.stage is None:
        return _begin(before, wish, view, now)
    state = _note_members(before, view)
    if _is_overtaken(state, wish):
        return Step(state=_retarget(state, wish))
    return _go_on(state, wish, view, now)


def is_due(state: RotationStatus | None, wish: RotationWish) -> bool:
    """Whether a rotation is under way or has to begin."""
    if state is None or state.root_generation is None:
        return False
    is_new = wish.generation > max(state.root_generation, state.rejected_generation or 0)
    return state.stage is not None or is_new


def _begin(state: RotationStatus, wish: RotationWish, view: FleetView, now: datetime) -> Step:
    if not is_due(state, wish) or _rolls_back(wish, wish.generation):
        return Step(state=state)
    if view.vault.previous is None:
        wait = Wait(message="The root in use is not usable yet: see the condition VaultConfigured.")
        return Step(state=state, waits=(wait,))
    begun = _change(
        state,
        to_generation=wish.generation,
        stage=Stage.PREPARE,
        wave=0,
        started_at=now,
        stage_started_at=now,
        previous=view.vault.previous,
        default_issuer=view.vault.default_issuer or None,
    )
    return Step(state=_note_members(begun, view))


def _is_overtaken(state: RotationStatus, wish: RotationWish) -> bool:
    """Whether a higher generation is asked for while nothing was made of the one before."""
    return state.stage is Stage.PREPARE and wish.generation > (state.to_generation or 0)


def _retarget(state: RotationStatus, wish: RotationWish) -> RotationStatus:
    """Let the higher generation take its place; what was seen in Vault was not its root yet."""
    return _change(
        state,
        to_generation=wish.generation,
        strategy=None,
        next=None,
        cross_certificate=None,
        proven_at=None,
    )


def _note_members(state: RotationStatus, view: FleetView) -> RotationStatus:
    """Remember every cluster that depends on the root, or may: one that vanishes is missed."""
    seen = {mesh.cluster for mesh in view.meshes} | set(view.silent)
    new = sorted(seen - set(state.members))
    return _change(state, members=(*state.members, *new)) if new else state


def _go_on(state: RotationStatus, wish: RotationWish, view: FleetView, now: datetime) -> Step:
    generation, stage = state.to_generation or 0, state.stage
    if stage is not None and _rolls_back(wish, generation) and can_return(stage):
        return Step(state=_turn_back(state, stage, now))
    state = _note_unseen(_note_preparation(state, view), view)
    found = list_waits(state, wish, view, now=now)
    split = split_waits(state, wish, view, found, now=now)
    state = _note_distrust(_note_left(state, split.left), wish, split.held, now)
    if split.held:
        return Step(state=_change(state, proven_at=None), waits=split.held, left=split.left)
    return replace(_go_on_proven(state, wish, view, now), left=split.left)


def _go_on_proven(
    state: RotationStatus, wish: RotationWish, view: FleetView, now: datetime
) -> Step:
    """Go on from a stage that waits for nothing, unless it is paused, or soaks."""
    generation = state.to_generation or 0
    if generation in wish.orders.paused:
        wait = Wait(
            message=f"The rotation is paused: `roottrust rotate resume` ({PAUSE_ANNOTATION}).",
            needs_person=True,
        )
        return Step(state=state, waits=(wait,))
    state = _change(state, proven_at=state.proven_at or now)
    rest = _find_rest(state, wish, now)
    return Step(state=state, waits=(rest,)) if rest else _take_next(state, wish, view, now)


def _note_preparation(state: RotationStatus, view: FleetView) -> RotationStatus:
    """Keep what was found or made for the next root, so that it is not asked for again."""
    crossed = view.vault.cross_certificate
    if state.stage is not Stage.PREPARE:
        return _change(state, cross_certificate=state.cross_certificate or crossed)
    default = state.default_issuer or view.vault.default_issuer or None
    return _change(state, default_issuer=default, cross_certificate=crossed)


def _note_unseen(state: RotationStatus, view: FleetView) -> RotationStatus:
    """Keep who else depends on the root, as it is seen before that one is dropped."""
    return _change(state, unseen=view.unseen) if state.stage is Stage.PROVE else state


def _note_left(state: RotationStatus, left: tuple[Wait, ...]) -> RotationStatus:
    """Keep which clusters are not waited for; whoever was not there for Drop, is not after it."""
    before = state.left_behind if state.stage is Stage.RETIRE else ()
    names = {*before, *(each.cluster for each in left if each.cluster)}
    return _change(state, left_behind=tuple(sorted(names))[:ROTATION_CLUSTERS_MAX])


def _note_distrust(
    state: RotationStatus, wish: RotationWish, held: tuple[Wait, ...], now: datetime
) -> RotationStatus:
    """Keep when the last mesh had dropped a compromised root, with each of its workloads."""
    is_over = state.stage is Stage.DROP and not any(each.mesh for each in held)
    if not wish.is_hurried or not is_over or state.distrusted_at is not None:
        return state
    return _change(state, distrusted_at=now)


def _rolls_back(wish: RotationWish, generation: int) -> bool:
    return generation in wish.orders.rolled_back


def _find_rest(state: RotationStatus, wish: RotationWish, now: datetime) -> Wait | None:
    """Return the soak that is left of a stage or wave that is proven."""
    ends_at = find_soaked(state, wish)
    if ends_at is None or now >= ends_at:
        return None
    return Wait(message="It is kept for rotation.soakSeconds.", ends_at=ends_at)


def _take_next(state: RotationStatus, wish: RotationWish, view: FleetView, now: datetime) -> Step:
    stage = state.stage
    if has_wave_left(state, wish):
        wave = (state.wave or 0) + 1
        return Step(state=_change(state, wave=wave, stage_started_at=now, proven_at=None))
    if stage is Stage.PREPARE:
        state = _change(
            state,
            strategy=choose_strategy(wish, view.vault),
            next=view.vault.next,
        )
    strategy = state.strategy
    following = find_next_stage(stage, strategy) if stage and strategy else None
    if following is None:
        return Step(state=_end(state, wish, now))
    wait = _find_approval(state, wish, following)
    if wait is not None:
        return Step(state=state, waits=(wait,))
    return Step(state=_enter(state, following, now))


def _find_approval(state: RotationStatus, wish: RotationWish, stage: Stage) -> Wait | None:
    """Return the wait for a person: nobody proves what those need who are not seen."""
    generation = state.to_generation or 0
    is_asked = is_asked_for(stage, wish, unseen=state.unseen)
    if not is_asked or wish.is_approved(stage, generation):
        return None
    reasons = _list_others(state, wish) if stage is Stage.DROP else ()
    why = f": {'; '.join(reasons)}" if reasons else ""
    return Wait(
        message=f"{stage} waits for a person{why}. Approve it by `roottrust rotate approve` "
        f"({APPROVE_ANNOTATION}: {generation}/{stage}).",
        needs_person=True,
    )


def _list_others(state: RotationStatus, wish: RotationWish) -> tuple[str, ...]:
    """Return who else may need the previous root, as people declare it and as its mount shows."""
    declared = ", ".join(wish.dependants)
    named = (f"{declared} must trust the next root first",) if declared else ()
    return (*named, *state.unseen)


def _enter(state: RotationStatus, stage: Stage, now: datetime) -> RotationStatus:
    return _change(state, stage=stage, wave=0, stage_started_at=now, proven_at=None, unseen=())


def _turn_back(state: RotationStatus, stage: Stage, now: datetime) -> RotationStatus:
    """Begin to undo a stage and those before it.

    The wave is kept: it tells which clusters were to be widened.
    """
    first, *_ = list_way_back(stage)
    returned = _enter(_change(state, returned_from=stage), first, now)
    return _change(returned, wave=state.wave)


def _end(state: RotationStatus, wish: RotationWish, now: datetime) -> RotationStatus:
    """Return the state at rest after a rotation, which its history tells of."""
    generation = state.to_generation or 0
    is_done = state.stage is Stage.RETIRE
    in_use = state.next if is_done else state.previous
    past = PastRotation(
        generation=generation,
        end=RotationEnd.COMPLETED if is_done else RotationEnd.ROLLED_BACK,
        strategy=state.strategy,
        fingerprint=in_use.fingerprint if in_use else None,
        started_at=state.started_at,
        ended_at=now,
        excluded=tuple(each for each in state.members if wish.is_excluded(each, generation)),
        distrusted_at=state.distrusted_at,
        left_behind=state.left_behind,
    )
    return RotationStatus(
        root_generation=generation if is_done else state.root_generation,
        intermediate_generation=state.intermediate_generation,
        root=in_use if is_done else state.root,
        rejected_generation=None if is_done else generation,
        history=(past, *state.history)[:HISTORY_MAX],
    )


def _change(state: RotationStatus, **fields: object) -> RotationStatus:
    return state.model_copy(update=fields)

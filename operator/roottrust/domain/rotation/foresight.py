"""What a raised generation of the root will start, for whoever is about to apply it."""

from __future__ import annotations

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation.course import Course
from roottrust.domain.rotation.machine import is_due
from roottrust.domain.rotation.source_text import describe_next_root
from roottrust.domain.rotation.wish import RotationWish


def foresee_rotation(course: Course) -> str | None:
    """Return what begins, None where nothing does that is not under way."""
    state, wish = course.state, course.wish
    is_begun = course.is_active and wish.generation <= (state.to_generation or 0)
    is_rolled_back = wish.generation in wish.orders.rolled_back
    if not is_due(state, wish) or is_begun or is_rolled_back:
        return None
    root = course.wanted
    source = describe_next_root(
        root.source, place=f"{root.mount}/", generation=wish.generation, secret=root.secret
    )
    follow = f"`roottrust rotate root {course.owner.full_name} --follow` follows it."
    return " ".join((_tell_beginning(course), source, *_tell_person(wish), follow))


def _tell_beginning(course: Course) -> str:
    state, wish = course.state, course.wish
    if state.stage is Stage.PREPARE:
        return (
            f"Generation {wish.generation} takes the place of {state.to_generation}, which is "
            "still being prepared."
        )
    if state.stage is not None:
        return (
            f"Generation {wish.generation} follows once the rotation to {state.to_generation} has "
            f"ended ({state.stage})."
        )
    way = "" if wish.strategy is Strategy.AUTO else f", {wish.strategy}"
    haste = ", which is compromised," if wish.is_hurried else ""
    return (
        f"The root in use{haste} is replaced by that of generation {wish.generation} in every "
        f"cluster that relies on it, stage by stage{way}."
    )


def _tell_person(wish: RotationWish) -> tuple[str, ...]:
    if not wish.is_manual or wish.is_hurried:
        return ()
    return ("A person is asked before Sign, Widen, Drop and Retire (verification: Manual).",)

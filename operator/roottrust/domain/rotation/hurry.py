"""The rotation of a compromised root: distrust comes before convenience.

Whoever has its key can pass for any workload for as long as anybody trusts it. So nobody is asked,
nothing soaks, clusters do not go by waves, and whoever does not answer is left behind: the root is
dropped without them, and they go on trusting it among themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import RotationWish

# How long a stage waits at most for meshes that are heard: Prove and Drop restart workloads.
LONGEST_STEP = timedelta(minutes=5)
LONGEST_RESTARTS = timedelta(minutes=30)

_LONGEST = {
    Stage.WIDEN: LONGEST_STEP,
    Stage.CONFIRM: timedelta(0),
    Stage.SIGN: LONGEST_STEP,
    Stage.PROVE: LONGEST_RESTARTS,
    Stage.DROP: LONGEST_RESTARTS,
    Stage.RETIRE: LONGEST_STEP,
}

# Here workloads, and istiods that take changed roots only so, are restarted, asked for or not.
RESTARTS = frozenset({Stage.PROVE, Stage.DROP, Stage.RETURN})

# An istiod that takes changed roots only with a restart has one in Prove.
_BEFORE_RESTARTS = frozenset({Stage.WIDEN, Stage.SIGN})


@dataclass(frozen=True, kw_only=True)
class SplitWaits:
    """What a stage waits for, and what it goes on without."""

    held: tuple[Wait, ...]
    left: tuple[Wait, ...] = ()


def hurry(wish: RotationWish, state: RotationStatus | None) -> RotationWish:
    """Return what is asked for of the rotation under way, or of the one that is to begin."""
    generation = (state.to_generation if state else None) or wish.generation
    if generation not in wish.orders.compromised:
        return wish
    return replace(
        wish,
        is_manual=False,
        soak=timedelta(0),
        waves=(),
        dependants=(),
        kubelet_time=timedelta(0),
        is_hurried=True,
    )


def split_waits(
    state: RotationStatus,
    wish: RotationWish,
    view: FleetView,
    waits: Iterable[Wait],
    *,
    now: datetime,
) -> SplitWaits:
    """Return what is waited for: of a root that is not compromised, everything.

    A roll-back has nothing to hurry for.
    """
    found = tuple(waits)
    longest = _LONGEST.get(state.stage) if state.stage else None
    if not wish.is_hurried or longest is None:
        return SplitWaits(held=found)
    begun = state.stage_started_at or now
    is_over = now >= begun + longest or _may_drop(state, wish)
    deaf = {each.mesh for each in view.meshes if each.ability.needs_restart}

    def is_held(wait: Wait) -> bool:
        if wait.cluster is None:
            return True
        is_deaf = state.stage in _BEFORE_RESTARTS and wait.mesh in deaf
        return wait.mesh is not None and not is_deaf and not is_over

    held = tuple(each for each in found if is_held(each))
    return SplitWaits(held=held, left=tuple(each for each in found if not is_held(each)))


def _may_drop(state: RotationStatus, wish: RotationWish) -> bool:
    """Whether a person has the root dropped before all workloads are restarted."""
    generation = state.to_generation or 0
    return state.stage is Stage.PROVE and wish.is_approved(Stage.DROP, generation)

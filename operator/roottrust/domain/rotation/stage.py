"""The stages of a rotation, in the order of each strategy."""

from __future__ import annotations

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy

_ORDERS = {
    Strategy.CROSS_SIGNED: (
        Stage.PREPARE,
        Stage.SIGN,
        Stage.WIDEN,
        Stage.PROVE,
        Stage.DROP,
        Stage.RETIRE,
    ),
    Strategy.MULTI_ROOT: (
        Stage.PREPARE,
        Stage.WIDEN,
        Stage.CONFIRM,
        Stage.SIGN,
        Stage.PROVE,
        Stage.DROP,
        Stage.RETIRE,
    ),
    Strategy.DISTRUST_FIRST: (
        Stage.PREPARE,
        Stage.WIDEN,
        Stage.SIGN,
        Stage.PROVE,
        Stage.DROP,
        Stage.RETIRE,
    ),
}
_ROLL_BACK = (Stage.RETURN, Stage.NARROW)

# Clusters take these one wave after the other; between them nothing changes for any.
IN_WAVES = frozenset({Stage.SIGN, Stage.WIDEN, Stage.DROP})

# With verification Manual, a person lets the rotation into these.
NEEDS_APPROVAL = frozenset({Stage.SIGN, Stage.WIDEN, Stage.DROP, Stage.RETIRE})

_FINAL = frozenset({Stage.DROP, Stage.RETIRE})


def list_stages(strategy: Strategy | None) -> tuple[Stage, ...]:
    """Return the stages of a strategy; before it is chosen, there is the first alone."""
    return (Stage.PREPARE,) if strategy is None else _ORDERS[strategy]


def find_next_stage(stage: Stage, strategy: Strategy) -> Stage | None:
    """Return the stage that follows, None after the last."""
    order = _ROLL_BACK if stage in _ROLL_BACK else list_stages(strategy)
    place = order.index(stage) + 1
    return order[place] if place < len(order) else None


def find_stage_before(stage: Stage, strategy: Strategy) -> Stage:
    """Return the stage that clusters of later waves still are in; of the first one, itself."""
    order = list_stages(strategy)
    return order[max(order.index(stage) - 1, 0)]


def list_way_back(stage: Stage | None) -> tuple[Stage, ...]:
    """Return what is to come of a roll-back in a stage; what was never signed has not to return."""
    return (Stage.NARROW,) if stage in {Stage.PREPARE, Stage.NARROW} else _ROLL_BACK


def is_returning(stage: Stage | None) -> bool:
    """Whether a stage is one of a roll-back."""
    return stage in _ROLL_BACK


def is_final(stage: Stage) -> bool:
    """Whether the old root is being dropped, or is: there is no way back from there."""
    return stage in _FINAL


def can_return(stage: Stage | None) -> bool:
    """Whether a rotation can be rolled back: once the old root is dropped, that is another one."""
    return stage is not None and stage not in _FINAL and not is_returning(stage)

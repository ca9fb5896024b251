"""One condition as it was judged, and as a status has it: with the time at which it turned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import (
    BounceConditionType,
    ConditionType,
    MeshConditionType,
    Reason,
)

AnyConditionType = ConditionType | MeshConditionType | BounceConditionType


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One condition without its times."""

    type: AnyConditionType
    status: ConditionStatus
    reason: Reason
    message: str

    @property
    def is_true(self) -> bool:
        """Whether the condition holds."""
        return self.status is ConditionStatus.TRUE


def build_true(kind: AnyConditionType, reason: Reason, message: str) -> Judgement:
    """Return that a condition holds."""
    return Judgement(type=kind, status=ConditionStatus.TRUE, reason=reason, message=message)


def build_false(kind: AnyConditionType, reason: Reason, message: str) -> Judgement:
    """Return that a condition does not hold."""
    return Judgement(type=kind, status=ConditionStatus.FALSE, reason=reason, message=message)


def build_unknown(kind: AnyConditionType, reason: Reason, message: str) -> Judgement:
    """Return that nobody can tell whether a condition holds."""
    return Judgement(type=kind, status=ConditionStatus.UNKNOWN, reason=reason, message=message)


def build_from_fault(kind: AnyConditionType, fault: Fault) -> Judgement:
    """Return what a fault makes of a condition."""
    return Judgement(type=kind, status=fault.status, reason=fault.reason, message=fault.message)


def build_conditions(
    judgements: Iterable[Judgement], before: Iterable[Condition], *, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Return the conditions of a status; their times move only with their status."""
    known = {each.type: each for each in before}
    return tuple(
        Condition(
            type=each.type,
            status=each.status,
            reason=each.reason,
            message=each.message,
            last_transition_time=_find_transition(each, known.get(each.type), now),
            observed_generation=generation,
        )
        for each in judgements
    )


def _find_transition(judgement: Judgement, known: Condition | None, now: datetime) -> datetime:
    is_unmoved = known is not None and known.status is judgement.status
    return known.last_transition_time if known and is_unmoved else now.replace(microsecond=0)

"""One condition of one mesh, and what several come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from roottrust.api.choices import ConditionStatus
from roottrust.domain.reasons import Reason

_ORDER = (ConditionStatus.FALSE, ConditionStatus.UNKNOWN, ConditionStatus.TRUE)


@dataclass(frozen=True, kw_only=True)
class MeshCondition:
    """Whether an aspect of a mesh is as it should be; `is_warning` is for what will not last."""

    status: ConditionStatus
    reason: Reason
    message: str
    is_warning: bool = False

    @property
    def is_true(self) -> bool:
        """Whether it holds."""
        return self.status is ConditionStatus.TRUE

    @property
    def rank(self) -> tuple[int, bool]:
        """The place in the order: the worst is the least."""
        return _ORDER.index(self.status), not self.is_warning


def find_worst_condition(conditions: Iterable[MeshCondition]) -> MeshCondition | None:
    """Return the first of the worst, which says how many are as bad; None of none."""
    found = tuple(conditions)
    if not found:
        return None
    worst = min(found, key=lambda each: each.rank)
    others = sum(each.rank == worst.rank for each in found) - 1
    if not others or (worst.is_true and not worst.is_warning):
        return worst
    meshes = "mesh lacks" if others == 1 else "meshes lack"
    return replace(worst, message=f"{worst.message} {others} more {meshes} something, too.")


def build_false(reason: Reason, message: str) -> MeshCondition:
    """Return what a person has to see to."""
    return MeshCondition(status=ConditionStatus.FALSE, reason=reason, message=message)


def build_unknown(reason: Reason, message: str) -> MeshCondition:
    """Return what may pass by itself."""
    return MeshCondition(status=ConditionStatus.UNKNOWN, reason=reason, message=message)


def build_true(reason: Reason, message: str, *, is_warning: bool = False) -> MeshCondition:
    """Return what is as it should be, at least for now."""
    return MeshCondition(
        status=ConditionStatus.TRUE, reason=reason, message=message, is_warning=is_warning
    )

"""How well something is, in one word, for whoever looks at many things at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from roottrust.api.choices import ConditionStatus
from roottrust.domain.instance_check import InstanceState
from roottrust.domain.mesh_condition import MeshCondition


class Health(StrEnum):
    """From the best to the worst.

    Warning works and will not last; Unknown is not finished, or nobody knows; Bad needs a person.
    """

    GOOD = "Good"
    WARNING = "Warning"
    UNKNOWN = "Unknown"
    BAD = "Bad"


_RANKS = {health: rank for rank, health in enumerate(Health)}
_OF_STATUS = {
    ConditionStatus.TRUE: Health.GOOD,
    ConditionStatus.UNKNOWN: Health.UNKNOWN,
    ConditionStatus.FALSE: Health.BAD,
}


def find_worst_health(found: Iterable[Health]) -> Health:
    """Return the worst; nothing at all is well."""
    return max(found, key=_RANKS.__getitem__, default=Health.GOOD)


def judge_status(status: ConditionStatus) -> Health:
    """Return how well it is that a condition holds, or does not."""
    return _OF_STATUS[status]


def judge_mesh_condition(condition: MeshCondition) -> Health:
    """Return how well a mesh is by one of its conditions."""
    return Health.WARNING if condition.is_warning else judge_status(condition.status)


def judge_end(not_after: datetime, *, now: datetime, warn_before: timedelta) -> Health:
    """Return how well a certificate is by its end alone."""
    if now >= not_after:
        return Health.BAD
    return Health.WARNING if now >= not_after - warn_before else Health.GOOD


def judge_instance(state: InstanceState) -> Health:
    """Return how well a replica of istiod is."""
    if state.value <= InstanceState.FAILED.value:
        return Health.BAD
    if not state.is_serving:
        return Health.UNKNOWN
    return Health.GOOD if state is InstanceState.SERVING else Health.WARNING

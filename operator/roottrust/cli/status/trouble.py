"""What is not well, and what to do next, in words that every way of showing a status shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.cli.status.report import (
    ConditionReport,
    MeshReport,
    OperatorReport,
    PolicyReport,
)
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_distance

_UNSEEN = (
    "it has not reported on the last edit: see whether it runs, and which one leads (`kubectl get "
    "lease -A`)."
)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing: whom it is of, and a sentence with what to do next."""

    health: Health
    name: str
    message: str
    since: datetime | None = None


def find_operator_trouble(operator: OperatorReport | None, *, now: datetime) -> Trouble | None:
    """Return what is wrong with the operator itself, None while one works or nobody tells."""
    if operator is None or operator.health is Health.GOOD:
        return None
    since = tell_distance(operator.renewed_at, now=now)
    see = f"see `kubectl get pods -n {operator.namespace}`"
    words = f"none works, the last one did {since}, and what follows is of then: {see}"
    return Trouble(health=operator.health, name="operator", message=words)


def list_policy_troubles(policy: PolicyReport) -> Iterator[Trouble]:
    """Return what does not hold of a policy, and what should not stay as it is."""
    if policy.outdated:
        yield Trouble(health=Health.UNKNOWN, name="operator", message=_UNSEEN)
    for condition in _list_shown(policy.conditions):
        yield Trouble(
            health=condition.health,
            name=f"{condition.type} is {condition.status} ({condition.reason})",
            message=condition.message,
            since=condition.since,
        )
    said = policy.rotation.message if policy.rotation else None
    for warning in policy.warnings:
        if said and warning in said:
            continue  # the rotation says it
        yield Trouble(health=Health.WARNING, name="warning", message=warning)


def list_said(policy: PolicyReport) -> tuple[str, ...]:
    """Return what a policy's troubles say, which its meshes need not say again."""
    return (*(each.message for each in _list_shown(policy.conditions)), *policy.warnings)


def find_mesh_trouble(mesh: MeshReport, *, said: tuple[str, ...]) -> Trouble | None:
    """Return what a mesh lacks, None if that is nothing or is said already."""
    if not mesh.message or any(each.startswith(mesh.message) for each in said):
        return None
    health = Health.WARNING if mesh.health is Health.GOOD else mesh.health
    return Trouble(health=health, name="lacks", message=mesh.message)


def _list_shown(conditions: tuple[ConditionReport, ...]) -> tuple[ConditionReport, ...]:
    """Return the first of each reason: what follows from a condition has that one's."""
    firsts = {each.reason: each for each in reversed(conditions)}
    return tuple(each for each in conditions if firsts[each.reason] is each)

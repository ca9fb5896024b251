"""Conflicts in words: what is in the way, how it differs, and what to do."""

from __future__ import annotations

from roottrust.domain.ownership import Conflict

ADOPT_ANNOTATION = "admin.gloo.solo.io/adopt"

_MAX_SHOWN = 5


def describe_conflicts(conflicts: tuple[Conflict, ...]) -> str:
    """Return one message for a condition; the next step is at its end."""
    shown = "; ".join(_describe(conflict) for conflict in conflicts[:_MAX_SHOWN])
    more = len(conflicts) - _MAX_SHOWN
    text = f"{shown}; and {more} more" if more > 0 else shown
    return f"{text}. {advise(conflicts)}"


def _describe(conflict: Conflict) -> str:
    if conflict.owner is not None:
        gone = ", which exists no more" if conflict.is_abandoned else ""
        return f"{conflict.path} belongs to {conflict.owner}{gone}"
    if conflict.fixed is not None:
        fixed = conflict.fixed
        found = f"{conflict.path} has the type {fixed.found}, not {fixed.wanted}"
        return f"{found}, which Vault cannot change"
    differences = ", ".join(
        f"{each.field} is {each.found}, not {each.wanted}" for each in conflict.differences
    )
    return f"{conflict.path} is not roottrust's and differs: {differences or conflict.note}"


def advise(conflicts: tuple[Conflict, ...]) -> str:
    """Return the next step, in one sentence."""
    if any(conflict.owner is not None and not conflict.is_abandoned for conflict in conflicts):
        return "Name another path in this policy: what belongs to others is never taken over."
    if all(conflict.can_be_adopted for conflict in conflicts):
        return (
            "To have roottrust take it over and change it, annotate this policy: "
            f"{ADOPT_ANNOTATION}=true."
        )
    return "Name another path in the policy; what is there stays as it is."

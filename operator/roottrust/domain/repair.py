"""What is worth an Event of the writes that were made: repairs, apart from our own changes.

A repair is told only where Vault is not as this hub last knew it to be by its own will.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from roottrust.domain.action import Action, Verb
from roottrust.domain.reasons import Reason
from roottrust.domain.transition import Transition
from roottrust.domain.vault_object import digest_value

_MAX_SHOWN = 10
_NOTHING = digest_value(None)

# An object as it was last known to be: the digests of its fields.
KnownObject = Mapping[str, int]


def list_repairs(
    actions: Iterable[Action], *, known: Mapping[str, KnownObject], told: Collection[str]
) -> tuple[Transition, ...]:
    """Return the Events of writes: what somebody else had changed, and what only we want otherwise.

    `known` are the objects as this hub last saw them to be as it wanted them, `told` the paths that
    status has: after a restart that is all there is, and tells no edit from an older wish of ours.
    """
    repaired: list[str] = []
    updated: list[str] = []
    for action in actions:
        drift = _describe_drift(action, known=known.get(action.wanted.path), told=told)
        if drift is not None:
            repaired.append(drift)
        elif action.verb is Verb.UPDATE:
            fields = (each.field for each in action.differences)
            updated.append(f"{action.wanted.path} ({', '.join(fields)})")
    return (
        *_build(Reason.DRIFT_REPAIRED, "Repaired in Vault", repaired, is_normal=False),
        *_build(Reason.UPDATED, "Updated in Vault", updated, is_normal=True),
    )


def _describe_drift(
    action: Action, *, known: KnownObject | None, told: Collection[str]
) -> str | None:
    path = action.wanted.path
    if action.verb is Verb.CREATE:
        return f"{path} was gone" if known is not None or path in told else None
    if known is None:
        return None
    edited = [
        each.field
        for each in action.differences
        if known.get(each.field, _NOTHING) != digest_value(each.found_value)
    ]
    return f"{path} had another {', '.join(edited)}" if edited else None


def _build(
    reason: Reason, what: str, found: list[str], *, is_normal: bool
) -> tuple[Transition, ...]:
    if not found:
        return ()
    shown = "; ".join(found[:_MAX_SHOWN])
    more = f"; and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
    return (Transition(reason=reason, message=f"{what}: {shown}{more}.", is_normal=is_normal),)

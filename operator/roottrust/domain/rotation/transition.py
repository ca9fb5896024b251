"""What of a rotation is worth an Event: each step, its end, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import RotationEnd
from roottrust.api.rotation_status import PastRotation, RotationStatus
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some
from roottrust.domain.transition import Transition


def list_rotation_transitions(
    before: RotationStatus | None, after: RotationStatus | None
) -> Iterator[Transition]:
    """Return what has changed of a policy's own rotation."""
    known = before or RotationStatus()
    if after is None or after.owner is not None:
        return
    if after.history[:1] != known.history[:1] and after.history:
        yield _tell_end(after.history[0])
    if after.stage is None or (known.stage, known.wave) == (after.stage, after.wave):
        return
    is_new = known.stage is None
    yield Transition(
        reason=Reason.ROTATION_STARTED if is_new else Reason.ROTATION_STAGE,
        message=f"The root is rotated to generation {after.to_generation}: "
        f"{after.message or after.stage}",
    )


def _tell_end(past: PastRotation) -> Transition:
    if past.end is RotationEnd.COMPLETED and past.distrusted_at is not None:
        left = (
            f" It may still be trusted in {list_some(past.left_behind)}."
            if past.left_behind
            else ""
        )
        return Transition(
            reason=Reason.ROTATION_COMPLETED,
            is_normal=not past.left_behind,
            message=f"The compromised root is revoked, and that of generation {past.generation} is "
            f"in use: it was distrusted at {show_time(past.distrusted_at)}.{left}",
        )
    if past.end is RotationEnd.COMPLETED:
        return Transition(
            reason=Reason.ROTATION_COMPLETED,
            message=f"The root of generation {past.generation} is in use, and the one before may "
            "sign nothing any more; it stays in Vault until somebody removes it.",
        )
    return Transition(
        reason=Reason.ROTATION_ROLLED_BACK,
        is_normal=False,
        message=f"The rotation to generation {past.generation} was rolled back: raise "
        "rotation.rootGeneration further to rotate again.",
    )

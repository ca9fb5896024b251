"""Raising the generation of a root: what is written, and when it makes no sense to; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.api.choices import RotationStage
from roottrust.cli.rotate.own_root import OwnRoot
from roottrust.cli.rotate.request import Operation, build_raise
from roottrust.domain.errors import ConflictError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.source_text import describe_next_root

FIELD = "spec.rotation.rootGeneration"

POINTER = f"/{FIELD.replace('.', '/')}"


@dataclass(frozen=True, kw_only=True)
class RaisedRoot:
    """What is asked for; `after` may be what is there already, and is then followed."""

    root: OwnRoot
    before: int
    after: int

    @property
    def queue(self) -> str | None:
        """What comes before it, as a sentence; None if it begins at once."""
        state = self.root.rotation.state
        if state.stage is None:
            return None
        if state.stage is RotationStage.PREPARE:
            return (
                f"Generation {state.to_generation} is still being prepared: generation "
                f"{self.after} takes its place."
            )
        return (
            f"The rotation to generation {state.to_generation} is under way ({state.stage}): that "
            f"to generation {self.after} follows once it has ended."
        )

    def build_patch(self) -> tuple[Operation, ...]:
        """Return a JSON patch that fails where it is another policy, or another generation."""
        return build_raise(self.root.policy, POINTER, before=self.before, after=self.after)


def plan_root(root: OwnRoot) -> RaisedRoot:
    """Return what is to be written; raises RootTrustError where nothing would come of it.

    A rotation that is under way has begun from what was well, and another one follows it.
    """
    root.check_owner(command="root")
    rotation = root.rotation
    before = rotation.wish.generation
    if rotation.is_due and before > (rotation.state.to_generation or 0):
        raise ConflictError(
            f"{root.full_name} asks for generation {before} already, and that rotation has not "
            f"begun yet: `roottrust rotate root {root.full_name} --follow` follows it.",
            reason=Reason.WAITING_FOR_ROTATION,
        )
    if not rotation.is_under_way:
        root.check_ready()
    return RaisedRoot(root=root, before=before, after=before + 1)


def plan_following_root(root: OwnRoot, *, generation: int | None) -> RaisedRoot:
    """Return what somebody else writes: the generation given, or else the one that is there."""
    before = root.rotation.wish.generation
    if root.rotation.state.owner is not None:  # its own number counts for nothing
        before = root.rotation.state.to_generation or root.rotation.state.root_generation or before
    return RaisedRoot(root=root, before=before, after=generation or before)


def describe_source(raised: RaisedRoot) -> str:
    """Return where the next root comes from, and what is to be done for it."""
    root = raised.root
    management: Mapping[str, Any] = root.policy["spec"].get("management") or {}
    wanted: Mapping[str, Any] = management.get("root") or {}
    mount = root.report.root.mount if root.report.root else None
    secret: Mapping[str, Any] = wanted.get("secretRef") or {}
    return describe_next_root(
        wanted.get("source"),
        place=f"{mount}/" if mount else "the root's mount",
        generation=raised.after,
        secret=secret.get("name"),
    )

"""The rotation of a policy's root as the policy tells it: how far it is, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from roottrust.api.choices import RotationStage, RotationStrategy
from roottrust.api.rotation import Rotation
from roottrust.api.rotation_status import RotationStatus
from roottrust.cli.status.found import Manifest
from roottrust.domain.rotation.approval import find_awaited
from roottrust.domain.rotation.hurry import hurry
from roottrust.domain.rotation.machine import is_due
from roottrust.domain.rotation.wish import PAUSE_ANNOTATION, RotationWish, read_wish

_GENERATIONS = frozenset({"rootGeneration", "intermediateGeneration", "clusters"})


@dataclass(frozen=True, kw_only=True)
class FoundRotation:
    """`state` is what the status keeps, `spec` and `wish` what people ask for.

    Of which cluster is in which wave by its labels, nothing is known here.
    """

    state: RotationStatus
    spec: Rotation
    wish: RotationWish

    @property
    def is_under_way(self) -> bool:
        """Whether a rotation has begun and not ended."""
        return self.state.stage is not None

    @property
    def is_due(self) -> bool:
        """Whether one is under way, or asked for where the root is the policy's own."""
        return self.is_under_way or (self.state.owner is None and is_due(self.state, self.wish))

    @property
    def generation(self) -> int:
        """The generation that is rotated to, or is asked for."""
        return self.state.to_generation or self.wish.generation

    @property
    def is_paused(self) -> bool:
        """Whether a person has paused it."""
        return self.state.owner is None and self.generation in self.wish.orders.paused

    @property
    def is_hurried(self) -> bool:
        """Whether the root that is replaced is compromised, as its owner has it."""
        is_own = self.state.owner is None and self.wish.is_hurried
        return is_own or self.state.strategy is RotationStrategy.DISTRUST_FIRST

    @property
    def holds_still(self) -> bool:
        """Whether it is a pause alone that it waits for by now."""
        return PAUSE_ANNOTATION in (self.state.message or "")

    def find_awaited(self, *, now: datetime) -> RotationStage | None:
        """Return the stage that waits for a person: of a shared root its owner asks for one."""
        if self.state.owner is not None:
            return None
        return find_awaited(self.state, self.wish, now=now)


def read_found_rotation(manifest: Manifest, state: RotationStatus | None) -> FoundRotation:
    """Return what a policy tells; `state` is that of its status, if there is one."""
    spec = read_rotation(manifest)
    annotations: Mapping[str, str] = manifest["metadata"].get("annotations") or {}
    wish = read_wish(spec, annotations=annotations, labels={})
    return FoundRotation(state=state or RotationStatus(), spec=spec, wish=hurry(wish, state))


def read_rotation(manifest: Manifest) -> Rotation:
    """Return what a policy asks for, of one that is newer than this version the generations."""
    spec: Mapping[str, Any] = manifest.get("spec") or {}
    written: Mapping[str, Any] = spec.get("rotation") or {}
    try:
        return Rotation.model_validate(written)
    except ValidationError:
        known = {name: written[name] for name in _GENERATIONS & set(written)}
        return Rotation.model_validate(known)

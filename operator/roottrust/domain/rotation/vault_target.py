"""What the rotation of a root asks of Vault for now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from roottrust.api.rotation_status import RotationRoot

if TYPE_CHECKING:
    from roottrust.domain.target import RootTarget


class RotationPhase(StrEnum):
    """What is to become of the two roots."""

    PREPARE = "Prepare"
    STAND = "Stand"
    RETIRE = "Retire"
    RETURN = "Return"


@dataclass(frozen=True, kw_only=True)
class RotationTarget:
    """Two roots; one that is compromised is revoked when it is retired."""

    generation: int
    next: RootTarget
    previous: RotationRoot
    phase: RotationPhase
    default_issuer: str = ""
    is_compromised: bool = False

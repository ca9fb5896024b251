"""What is worth an Event: something that turned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One Event."""

    reason: str
    message: str
    is_normal: bool = True

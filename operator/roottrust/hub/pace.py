"""How often the hub does what no event asks for; tests take it faster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times that nobody configures: design.md names them."""

    clusters_seconds: float = 300.0


DEFAULT_PACE = Pace()

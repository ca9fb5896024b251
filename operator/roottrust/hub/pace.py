"""How often the hub does what no event asks for; tests take it faster."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.rotation.revocation import SETTLE_TIME
from roottrust.domain.vault_keys import UNUSED_SECONDS


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times that nobody configures: design.md names them."""

    clusters_seconds: float = 300.0
    keys_seconds: float = 600.0
    unused_key_seconds: float = UNUSED_SECONDS
    # Of the life of the hub's token in another cluster: what is left is how long it may be away.
    token_share: float = 0.5
    # How long agents have to tell what they obtained, before what is unknown counts as unused.
    settle_seconds: float = SETTLE_TIME.total_seconds()


DEFAULT_PACE = Pace()

# The share of a time by which it is shortened at most.
_SPREAD = 0.25


def spread(seconds: float, *, share: float) -> float:
    """Return a time shortened by chance: a thousand clusters known at once are asked one by one."""
    return seconds * (1 - _SPREAD * share)

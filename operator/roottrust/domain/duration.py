"""Lengths of time as Vault writes them."""

from __future__ import annotations

SECONDS_PER_DAY = 86_400
_HOURS_PER_DAY = 24


def build_hours(days: int) -> str:
    """Return whole days the way a Vault policy pins them, for example `8760h`."""
    return f"{days * _HOURS_PER_DAY}h"

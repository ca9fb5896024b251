"""Times as messages show them."""

from __future__ import annotations

from datetime import datetime


def show_time(moment: datetime) -> str:
    """Return a time in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

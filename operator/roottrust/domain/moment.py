"""Times as messages show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from roottrust.api.text import render_time

_UNITS = (
    (timedelta(days=365), "years"),
    (timedelta(days=1), "days"),
    (timedelta(hours=1), "hours"),
    (timedelta(minutes=1), "minutes"),
)


def show_time(moment: datetime) -> str:
    """Return a time in UTC, to the second."""
    return render_time(moment.replace(microsecond=0))


def tell_distance(moment: datetime, *, now: datetime) -> str:
    """Return how far away a time is, in words, in the largest unit of which there are two."""
    length = tell_length(abs(moment - now))
    return f"in {length}" if moment > now else f"{length} ago"


def tell_end(moment: datetime, *, now: datetime) -> str:
    """Return when something ends, or ended, as a clause."""
    return f"{'ended' if moment <= now else 'ends'} {tell_distance(moment, now=now)}"


def tell_minutes(length: timedelta) -> str:
    """Return how long something took, to the second."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def tell_length(length: timedelta) -> str:
    """Return how long something takes, in words, in the largest unit of which there are two."""
    for unit, name in _UNITS:
        number = length // unit
        if number >= 2:
            return f"{number} {name}"
    return "less than two minutes"

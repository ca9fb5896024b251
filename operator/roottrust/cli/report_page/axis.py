"""The axis of the timeline: what ends today has as much room as what ends in ten years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of the axis, from the end of the one before."""

    name: str
    begins: str
    begins_short: str
    until: timedelta


# What has ended has the first span, whose beginning nobody needs; what is later, the last.
SPANS = (
    Span(name="ended", begins="", begins_short="", until=timedelta(0)),
    Span(name="within a day", begins="now", begins_short="now", until=_DAY),
    Span(name="within a week", begins="1 day", begins_short="1 d", until=7 * _DAY),
    Span(name="within 30 days", begins="7 days", begins_short="7 d", until=30 * _DAY),
    Span(name="within 90 days", begins="30 days", begins_short="30 d", until=90 * _DAY),
    Span(name="within a year", begins="90 days", begins_short="90 d", until=365 * _DAY),
    Span(name="within 10 years", begins="1 year", begins_short="1 y", until=3650 * _DAY),
    Span(name="later", begins="10 years", begins_short="10 y", until=timedelta.max),
)


def find_span(moment: datetime, *, now: datetime) -> int:
    """Return the number of the span in which something ends."""
    left = moment - now
    return next(number for number, span in enumerate(SPANS) if left <= span.until)


def find_position(moment: datetime, *, now: datetime) -> float:
    """Return where on the axis a moment is, in spans from its left end."""
    number = find_span(moment, now=now)
    if number in {0, len(SPANS) - 1}:
        return number + 0.5
    begins, ends = SPANS[number - 1].until, SPANS[number].until
    return number + (moment - now - begins) / (ends - begins)

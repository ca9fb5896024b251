"""Words of messages as elements: what stands in backticks is for typing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.markup import Child, make
from roottrust.domain.moment import show_time, tell_distance, tell_end

_SHOWN = 16


def mark_up(message: str) -> Iterator[Child]:
    """Return a message with its commands as code; a backtick without another one stays."""
    parts = message.split("`")
    paired = len(parts) - 1 if len(parts) % 2 == 0 else len(parts)
    for number, part in enumerate(parts[:paired]):
        yield make("code", part) if number % 2 else part
    if paired < len(parts):
        yield f"`{parts[-1]}"


def show_end(moment: datetime, *, now: datetime) -> Element:
    """Return when something ends, or ended, in words that carry the exact time."""
    return _show(moment, tell_end(moment, now=now))


def show_distance(moment: datetime, *, now: datetime) -> Element:
    """Return how far away a time is, in words that carry it."""
    return _show(moment, tell_distance(moment, now=now))


def show_moment(moment: datetime) -> Element:
    """Return a time as it is."""
    return _show(moment, f"{moment:%Y-%m-%d %H:%M} UTC")


def show_fingerprint(fingerprint: str) -> Element:
    """Return the beginning of a certificate's SHA-256, and all of it to whoever points there."""
    return make("code", f"{fingerprint[:_SHOWN]}…", title=f"SHA-256 {fingerprint}")


def _show(moment: datetime, words: str) -> Element:
    exact = show_time(moment)
    return make("time", words, datetime=exact, title=exact)

"""The part of the page that tells what ends when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.end import End, EndKind
from roottrust.cli.report_page.health_sign import show_sign
from roottrust.cli.report_page.markup import Child, make
from roottrust.cli.report_page.table import build_row, build_table
from roottrust.cli.report_page.timeline_picture import NARROW, WIDE, draw_timeline
from roottrust.cli.report_page.words import show_distance, show_end
from roottrust.domain.counted import count

_FIRST = 12
_COLUMNS = ("Certificate", "Of", "Ends", "Renewed")


def build_timeline(ends: Sequence[End], *, now: datetime) -> Iterator[Element]:
    """Return the pictures, and the first ends as a table."""
    if not ends:
        yield make("p", "No certificate is known yet.")
        return
    yield make(
        "figure",
        draw_timeline(ends, width=WIDE, identity="timeline-wide", class_="wide", now=now),
        draw_timeline(ends, width=NARROW, identity="timeline-narrow", class_="narrow", now=now),
        make(
            "figcaption", "A sign for each certificate. The spans of time are not of equal length."
        ),
    )
    shown = ends[:_FIRST]
    caption = f"The first {len(shown)} of {count(len(ends), 'end')}"
    rows = (_build_row(each, now=now) for each in shown)
    yield build_table(_COLUMNS, rows, caption="All ends" if len(shown) == len(ends) else caption)


def _build_row(end: End, *, now: datetime) -> Element:
    kind = make("span", show_sign(end.health), f" {end.kind}")
    renewal = _tell_renewal(end, now=now)
    return build_row(_COLUMNS, (kind, end.name, show_end(end.not_after, now=now), renewal))


def _tell_renewal(end: End, *, now: datetime) -> Child:
    if end.kind is EndKind.ROOT:
        return "by a person: roottrust rotate root"
    if end.next_renewal is None:
        return "by its agent"
    return make("span", "by its agent, ", show_distance(end.next_renewal, now=now))

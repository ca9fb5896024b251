"""The timeline as a picture: a sign for each certificate, stacked where many end together.

It is drawn for wide and for narrow screens, as the map is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.axis import SPANS, find_position, find_span
from roottrust.cli.report_page.end import End, EndKind
from roottrust.cli.report_page.health_sign import WORST_FIRST, draw_sign
from roottrust.cli.report_page.markup import make
from roottrust.domain.counted import count

NARROW, WIDE = 358, 960

_SIGN = 12
_PITCH = 14
_STACK = {EndKind.ROOT: 3, EndKind.INTERMEDIATE: 7}
_HEADINGS = {EndKind.ROOT: "Roots", EndKind.INTERMEDIATE: "Intermediates"}
_HEADING = 24
_MORE = 14
_AXIS = 24


def draw_timeline(
    ends: Sequence[End], *, width: int, identity: str, class_: str, now: datetime
) -> Element:
    """Return the picture, with words for whoever does not see it."""
    lanes, y = [], 0.0
    for kind in EndKind:
        found = [each for each in ends if each.kind is kind]
        height = _HEADING + _MORE + _STACK[kind] * _PITCH
        lanes.append(_draw_lane(kind, found, y=y, height=height, width=width, now=now))
        y += height
    title, told = f"{identity}-title", f"{identity}-told"
    return make(
        "svg",
        make("title", "Expiry timeline", id=title),
        make("desc", describe_ends(ends, now=now), id=told),
        make("rect", x=0, y=0, width=width / len(SPANS), height=y, class_="past"),
        *_draw_axis(width=width, y=y),
        *lanes,
        class_=class_,
        viewBox=f"0 0 {width} {y + _AXIS:g}",
        width=width,
        height=y + _AXIS,
        role="img",
        aria_labelledby=f"{title} {told}",
    )


def describe_ends(ends: Sequence[End], *, now: datetime) -> str:
    """Return in words how many certificates end in which span."""
    return " ".join(_describe_kind(ends, kind, now=now) for kind in EndKind)


def _describe_kind(ends: Sequence[End], kind: EndKind, *, now: datetime) -> str:
    spans = [find_span(each.not_after, now=now) for each in ends if each.kind is kind]
    told = [f"{spans.count(number)} {span.name}" for number, span in enumerate(SPANS)]
    words = ", ".join(each for number, each in enumerate(told) if number in spans)
    return f"{count(len(spans), kind.lower())}: {words or 'no end is known'}."


def _draw_axis(*, width: float, y: float) -> Iterator[Element]:
    span = width / len(SPANS)
    for number, each in enumerate(SPANS):
        x = number * span
        if number:
            class_ = "now" if number == 1 else "grid"
            yield make("path", d=f"M{x:g} 0V{y:g}", class_=class_)
            yield make("text", each.begins, x=x, y=y + 16, class_="tick")
    yield make("path", d=f"M0 {y:g}H{width:g}", class_="axis")
    yield make("text", SPANS[0].name, x=2, y=y + 16, class_="tick first")


def _draw_lane(
    kind: EndKind, ends: Sequence[End], *, y: float, height: float, width: float, now: datetime
) -> Element:
    """Return the signs of one kind of certificate above their line."""
    bottom = y + height
    stacks = _stack(ends, width=width, now=now)
    drawn = (
        each
        for column, stack in sorted(stacks.items())
        for each in _draw_stack(stack, most=_STACK[kind], x=column * _PITCH, bottom=bottom)
    )
    heading = make("text", _HEADINGS[kind], x=4, y=y + 16, class_="kind lane")
    return make("g", make("path", d=f"M0 {bottom:g}H{width:g}", class_="grid"), heading, *drawn)


def _stack(ends: Sequence[End], *, width: float, now: datetime) -> dict[int, list[End]]:
    """Return what stands on each column of signs; none leaves its span."""
    span = width / len(SPANS)
    found: dict[int, list[End]] = {}
    for each in ends:
        number = find_span(each.not_after, now=now)
        first = -(-number * span // _PITCH)
        last = ((number + 1) * span - _PITCH) // _PITCH
        column = int(find_position(each.not_after, now=now) * span // _PITCH)
        found.setdefault(int(max(first, min(column, last))), []).append(each)
    return found


def _draw_stack(stack: list[End], *, most: int, x: float, bottom: float) -> Iterator[Element]:
    worst = sorted(stack, key=lambda each: WORST_FIRST.index(each.health))
    shown = worst[:most]
    for number, each in enumerate(shown):
        yield draw_sign(each.health, x=x + 1, y=bottom - (number + 1) * _PITCH, size=_SIGN)
    more = len(stack) - len(shown)
    if more:
        y = bottom - len(shown) * _PITCH - 4
        yield make("text", f"+{more}", x=x + _PITCH / 2, y=y, class_="tick")

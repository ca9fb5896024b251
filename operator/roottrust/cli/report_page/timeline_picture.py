"""The timeline as a picture: a sign for each certificate, stacked where many end together.

It is drawn for wide and for narrow screens, as the map is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.axis import SPANS, find_position, find_span
from roottrust.cli.report_page.end import End, EndKind
from roottrust.cli.report_page.health_sign import WORST_FIRST, draw_sign
from roottrust.cli.report_page.markup import make
from roottrust.domain.counted import count
from roottrust.domain.health import Health

NARROW, WIDE = 358, 960

_SIGN = 12
_PITCH = 14
_STACK = {EndKind.ROOT: 3, EndKind.INTERMEDIATE: 7}
_HEADING = 24
_AXIS = 24


@dataclass(frozen=True, kw_only=True)
class _Lane:
    """The certificates of one kind, stacked in columns; it is as high as its highest stack.

    Where that would be too high, each sign stands for several, and is that of the worst of them.
    """

    kind: EndKind
    stacks: Mapping[int, Sequence[End]]

    @property
    def per_sign(self) -> int:
        """How many certificates a sign stands for at most."""
        return max(math.ceil(self._highest / _STACK[self.kind]), 1)

    @property
    def height(self) -> float:
        """How much room it takes, with its heading."""
        return _HEADING + max(math.ceil(self._highest / self.per_sign), 1) * _PITCH + 4

    @property
    def heading(self) -> str:
        """What it is of."""
        name = f"{self.kind}s"
        return name if self.per_sign == 1 else f"{name}: each sign is up to {self.per_sign}"

    @property
    def _highest(self) -> int:
        return max(map(len, self.stacks.values()), default=0)

    def list_signs(self) -> Iterator[tuple[int, list[Health]]]:
        """Return what stands on each column, the worst at the bottom."""
        for column, stack in sorted(self.stacks.items()):
            healths = sorted((each.health for each in stack), key=WORST_FIRST.index)
            yield column, healths[:: self.per_sign]


def draw_timeline(
    ends: Sequence[End], *, width: int, identity: str, class_: str, now: datetime
) -> Element:
    """Return the picture, with words for whoever does not see it."""
    drawn, y = [], 0.0
    for kind in EndKind:
        found = [each for each in ends if each.kind is kind]
        lane = _Lane(kind=kind, stacks=_stack(found, width=width, now=now))
        drawn.append(_draw_lane(lane, y=y, width=width))
        y += lane.height
    title, told = f"{identity}-title", f"{identity}-told"
    return make(
        "svg",
        make("title", "Expiry timeline", id=title),
        make("desc", describe_ends(ends, now=now), id=told),
        *drawn,
        *_draw_axis(width=width, y=y),
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


def _draw_axis(*, width: int, y: float) -> Iterator[Element]:
    yield make("path", d=f"M0 {y:g}H{width}", class_="axis")
    yield make("text", SPANS[0].name, x=0, y=y + 16, class_="tick first")
    for number, span in enumerate(SPANS[1:], start=1):
        words = span.begins_short if width == NARROW else span.begins
        yield make("text", words, x=number * width / len(SPANS), y=y + 16, class_="tick")


def _draw_lane(lane: _Lane, *, y: float, width: float) -> Element:
    """Return the signs of one kind of certificate, between the lines of the axis."""
    top, bottom, span = y + _HEADING, y + lane.height, width / len(SPANS)
    lines = "".join(f"M{each * span:g} {top:g}V{bottom:g}" for each in range(2, len(SPANS)))
    signs = (
        draw_sign(health, x=column * _PITCH + 1, y=bottom - 2 - (number + 1) * _PITCH, size=_SIGN)
        for column, healths in lane.list_signs()
        for number, health in enumerate(healths)
    )
    return make(
        "g",
        make("rect", x=0, y=top, width=span, height=bottom - top, class_="past"),
        make("path", d=f"{lines}M0 {bottom:g}H{width:g}", class_="grid"),
        make("path", d=f"M{span:g} {top:g}V{bottom:g}", class_="now"),
        make("text", lane.heading, x=0, y=y + 16, class_="kind"),
        *signs,
    )


def _stack(ends: Sequence[End], *, width: float, now: datetime) -> dict[int, list[End]]:
    """Return what stands on each column of signs; none leaves its span."""
    span = width / len(SPANS)
    found: dict[int, list[End]] = {}
    for each in ends:
        number = find_span(each.not_after, now=now)
        first = math.ceil(number * span / _PITCH)
        last = math.floor((number + 1) * span / _PITCH) - 1
        column = int(find_position(each.not_after, now=now) * span // _PITCH)
        found.setdefault(max(first, min(column, last)), []).append(each)
    return found

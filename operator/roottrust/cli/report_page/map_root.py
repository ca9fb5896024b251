"""Boxes of roots: the one in use, and those that are trusted beside it."""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import draw_sign, name_class
from roottrust.cli.report_page.label import draw_label
from roottrust.cli.report_page.markup import make
from roottrust.cli.status.report import RootReport
from roottrust.cli.status.rotation_report import TrustedRootReport
from roottrust.cli.status.sign import show_fingerprint
from roottrust.domain.health import Health, judge_end
from roottrust.domain.moment import tell_end
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY

HEIGHT = 74
_PAD, _TEXT = 14, 40
_REASONS = {
    "NextRoot": "Next root, trusted already",
    "PreviousRoot": "Previous root, still trusted",
    "Passive": "Trusted beside it",
}


def draw_root(
    root: RootReport | None, *, x: float, y: float, width: float, now: datetime
) -> Element:
    """Return the box of the root in use."""
    if root is None:
        words = ("Root", "Not known yet", "What hangs below it is waiting for it.")
        return _draw_box(words, Health.UNKNOWN, x=x, y=y, width=width, class_="box root missing")
    told = f"{show_fingerprint(root.fingerprint)}, {tell_end(root.not_after, now=now)}"
    words = ("Root", root.subject, told)
    return _draw_box(words, root.health, x=x, y=y, width=width, class_="box root")


def draw_trusted(
    root: TrustedRootReport, *, x: float, y: float, width: float, now: datetime
) -> Element:
    """Return the box of another root."""
    end = root.not_after
    health = judge_end(end, now=now, warn_before=WARN_BEFORE_EXPIRY) if end else Health.GOOD
    ends = f", {tell_end(end, now=now)}" if end else ""
    told = f"{show_fingerprint(root.fingerprint)}{ends}"
    words = (_REASONS.get(root.reason, root.reason), root.subject or "A root", told)
    return _draw_box(words, health, x=x, y=y, width=width, class_="box missing")


def _draw_box(
    words: tuple[str, str, str],
    health: Health,
    *,
    x: float,
    y: float,
    width: float,
    class_: str,
) -> Element:
    kind, name, told = words
    room = width - _TEXT - _PAD
    return make(
        "g",
        make(
            "rect",
            x=x,
            y=y,
            width=width,
            height=HEIGHT,
            rx=10,
            class_=f"{class_} {name_class(health)}",
        ),
        draw_sign(health, x=x + _PAD, y=y + 29),
        draw_label(kind, x=x + _TEXT, y=y + 21, width=room, size=11, class_="kind"),
        draw_label(name, x=x + _TEXT, y=y + 41, width=room, size=15, class_="name large"),
        draw_label(told, x=x + _TEXT, y=y + 60, width=room, size=12, class_="told"),
    )

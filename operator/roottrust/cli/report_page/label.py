"""Text of a picture, which does not wrap: as much of it as fits, with its beginning and its end."""

from __future__ import annotations

import unicodedata
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.markup import make
from roottrust.domain.printable import make_printable

# Of the size of a font that a device may choose: wider than most letters are.
_LETTER = 0.58
_WIDE_LETTER = 1.05


def draw_label(text: str, *, x: float, y: float, width: float, size: float, class_: str) -> Element:
    """Return a line of text that stays within a width."""
    shown = shorten(make_printable(text), width=width, size=size)
    return make("text", shown, x=x, y=y, class_=class_)


def shorten(text: str, *, width: float, size: float) -> str:
    """Return a text that fits: names differ at their ends, so the middle is left out."""
    if _measure(text, size=size) <= width:
        return text
    for keep in range(min(len(text) - 1, int(width / size / _LETTER)), 1, -1):
        shown = f"{text[: (keep + 1) // 2]}…{text[len(text) - keep // 2 :]}"
        if _measure(shown, size=size) <= width:
            return shown
    return "…"


def _measure(text: str, *, size: float) -> float:
    return size * sum(_WIDE_LETTER if _is_wide(each) else _LETTER for each in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" or character in "MW@%"

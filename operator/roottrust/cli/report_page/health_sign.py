"""How well something is, for the eye: a sign of its own shape, and a word, beside the colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.markup import make
from roottrust.domain.health import Health

WORDS = {
    Health.GOOD: "well",
    Health.WARNING: "will not last",
    Health.UNKNOWN: "not finished or not known",
    Health.BAD: "wrong",
}
WORST_FIRST = tuple(reversed(Health))
SIZE = 16

# On a square of 16: the shape, and what is drawn on it.
_SHAPES = {
    Health.GOOD: ("M8 .5a7.5 7.5 0 1 0 .01 0z", "M4.5 8.3l2.4 2.4 4.6-5"),
    Health.WARNING: ("M8 1l7.5 13.5h-15z", "M8 6v4M8 12.2v.3"),
    Health.UNKNOWN: (
        "M8 .2L15.8 8 8 15.8.2 8z",
        "M6.2 6.4a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.7-.8 1.2M8 11.6v.2",
    ),
    Health.BAD: ("M1.5 1.5h13v13h-13z", "M5 5l6 6M11 5l-6 6"),
}


def build_symbols() -> Element:
    """Return the signs once: all others on the page point here."""
    symbols = (
        make(
            "symbol",
            make("path", d=shape, class_=f"shape {name_class(health)}"),
            make("path", d=mark, class_="mark"),
            id=_name_symbol(health),
            viewBox=f"0 0 {SIZE} {SIZE}",
        )
        for health, (shape, mark) in _SHAPES.items()
    )
    return make("svg", *symbols, class_="symbols", width=0, height=0, aria_hidden="true")


def draw_sign(health: Health, *, x: float, y: float, size: float = SIZE) -> Element:
    """Return the sign at a place of a picture."""
    target = f"#{_name_symbol(health)}"
    return make("use", href=target, x=x, y=y, width=size, height=size)


def show_sign(health: Health, *, is_told: bool = True) -> Element:
    """Return the sign in text, with its word for whoever does not see it, unless text has it."""
    sign = draw_sign(health, x=0, y=0)
    told = make("title", WORDS[health]) if is_told else None
    role = {"role": "img"} if is_told else {"aria_hidden": "true"}
    return make("svg", told, sign, class_="sign", viewBox=f"0 0 {SIZE} {SIZE}", **role)


def count_healths(healths: Sequence[Health]) -> str:
    """Return how many are how well, the worst first."""
    found = Counter(healths)
    return ", ".join(f"{found[each]} {WORDS[each]}" for each in WORST_FIRST if found[each])


def name_class(health: Health) -> str:
    """Return the name that styles know it by."""
    return health.value.lower()


def _name_symbol(health: Health) -> str:
    return f"sign-{name_class(health)}"

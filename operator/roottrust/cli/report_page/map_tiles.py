"""Meshes of a large fleet: a tile for each, its shape as telling as its colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import WORST_FIRST, count_healths, name_class
from roottrust.cli.report_page.label import draw_label
from roottrust.cli.report_page.markup import make
from roottrust.domain.counted import count
from roottrust.domain.health import Health

_MOST = 2000
_PITCH = 13
_HEADING = 26
_SHAPES = {
    Health.GOOD: "h9v9h-9z",
    Health.WARNING: "m4.5 0l4.5 9h-9z",
    Health.UNKNOWN: "m4.5-.5l5 5-5 5-5-5z",
    Health.BAD: "h3l1.5 2 1.5-2h3v3l-2 1.5 2 1.5v3h-3l-1.5-2-1.5 2h-3v-3l2-1.5-2-1.5z",
}


@dataclass(frozen=True, kw_only=True)
class TileBlock:
    """Tiles that are laid out in a width; the worst come first."""

    healths: Sequence[Health]
    width: float

    @property
    def height(self) -> float:
        """How much room it takes, with its heading."""
        return _HEADING + -(-len(self._shown) // self._columns) * _PITCH

    @property
    def _columns(self) -> int:
        return max(int(self.width // _PITCH), 1)

    @property
    def _shown(self) -> Sequence[Health]:
        return self.healths[:_MOST]

    def draw(self, *, x: float, y: float) -> Iterator[Element]:
        """Return the heading, and a path for all tiles of a kind."""
        words = f"{count(len(self.healths), 'more mesh')}: {count_healths(self.healths)}"
        yield draw_label(words, x=x, y=y + 14, width=self.width, size=12, class_="told")
        for health in WORST_FIRST:
            drawn = "".join(
                f"M{x + number % self._columns * _PITCH:g} "
                f"{y + _HEADING + number // self._columns * _PITCH:g}{_SHAPES[health]}"
                for number, each in enumerate(self._shown)
                if each is health
            )
            if drawn:
                yield make("path", d=drawn, class_=f"tile {name_class(health)}")

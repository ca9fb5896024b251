"""The trust map of one root: the root above, its meshes below, joined by lines.

It is drawn twice, for wide and for narrow screens: a picture that is only made smaller could not be
read on a phone. Styles show one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page import map_mesh, map_root
from roottrust.cli.report_page.health_sign import count_healths
from roottrust.cli.report_page.map_tiles import TileBlock
from roottrust.cli.report_page.markup import make
from roottrust.cli.report_page.trust_group import TrustGroup
from roottrust.cli.status.report import MeshReport
from roottrust.domain.counted import count
from roottrust.domain.moment import tell_end

NARROW, WIDE = 358, 960

_COLUMNS = 3
_ALL_DRAWN, _FIRST_DRAWN = 18, 9
_GAP = 14
_SPINE, _BRANCH = 10, 26
_BUS = 18
_EDGE = 1


@dataclass(frozen=True, kw_only=True)
class _Roots:
    """The boxes of roots, where the line from the one in use begins, and where all have ended."""

    drawn: tuple[Element, ...]
    trunk: tuple[float, float]
    bottom: float


class TrustMap:
    """Draws one group in one width."""

    def __init__(self, group: TrustGroup, *, width: int, now: datetime) -> None:
        self._group = group
        self._now = now
        self._full = width - 2 * _EDGE
        meshes = group.meshes
        most = len(meshes) if len(meshes) <= _ALL_DRAWN else _FIRST_DRAWN
        self._meshes, self._folded = meshes[:most], meshes[most:]
        self._columns = 1 if width == NARROW else _COLUMNS
        self._column = (self._full + _GAP) / self._columns
        self._width = width

    def draw(self, *, identity: str, class_: str) -> Element:
        """Return the picture, with words for whoever does not see it."""
        roots = self._draw_roots()
        top = roots.bottom + _BUS + _GAP / 2
        rows = -(-len(self._meshes) // self._columns)
        bottom = top + rows * (map_mesh.HEIGHT + _GAP)
        tiles = TileBlock(
            healths=[each.health for each in self._folded], width=self._full - _BRANCH
        )
        height = bottom + (tiles.height if self._folded else -_GAP) + _EDGE
        title, told = f"{identity}-title", f"{identity}-told"
        return make(
            "svg",
            make("title", "Trust map", id=title),
            make("desc", describe_group(self._group, now=self._now), id=told),
            make("path", d=self._draw_links(roots, top, bottom), class_="link"),
            *roots.drawn,
            *self._draw_meshes(top),
            *(tiles.draw(x=_EDGE + _BRANCH, y=bottom) if self._folded else ()),
            class_=class_,
            viewBox=f"0 0 {self._width} {height:g}",
            width=self._width,
            height=height,
            role="img",
            aria_labelledby=f"{title} {told}",
        )

    def _draw_roots(self) -> _Roots:
        others = self._group.trusted
        is_narrow = self._columns == 1
        width = self._full if is_narrow else (self._full - _GAP) / 2
        left = _EDGE if is_narrow or others else _EDGE + (self._full - width) / 2
        step = map_root.HEIGHT + _GAP
        # Below the others when narrow, so that the line down from the root crosses nothing.
        top = _EDGE + len(others) * step if is_narrow else _EDGE
        beside = _EDGE if is_narrow else left + width + _GAP
        root = map_root.draw_root(self._group.root, x=left, y=top, width=width, now=self._now)
        drawn = (
            map_root.draw_trusted(
                each, x=beside, y=_EDGE + number * step, width=width, now=self._now
            )
            for number, each in enumerate(others)
        )
        ends = top + map_root.HEIGHT
        return _Roots(
            drawn=(root, *drawn),
            trunk=(_EDGE + _SPINE if is_narrow else left + width / 2, ends),
            bottom=max(ends, _EDGE + len(others) * step - _GAP),
        )

    def _draw_links(self, roots: _Roots, top: float, bottom: float) -> str:
        """Return the lines from the root to each mesh."""
        if not self._meshes:
            return ""
        x, y = roots.trunk
        bus = roots.bottom + _BUS / 2
        spines = [self._find_left(each) + _SPINE for each in range(self._used)]
        ends = (min(spines[0], x), max(spines[-1], x))
        lines = [f"M{x:g} {y:g}V{bus:g}", f"M{ends[0]:g} {bus:g}H{ends[1]:g}"]
        for number in range(len(self._meshes)):
            left, at = self._find_place(number, top)
            spine = left - _BRANCH + _SPINE
            lines.append(f"M{spine:g} {bus:g}V{at + map_mesh.LINK_AT:g}H{left:g}")
        if self._folded:
            lines.append(f"M{spines[0]:g} {bus:g}V{bottom + 10:g}h{_BRANCH - _SPINE - 4}")
        return "".join(lines)

    def _draw_meshes(self, top: float) -> Iterator[Element]:
        width = self._column - _GAP - _BRANCH
        for number, mesh in enumerate(self._meshes):
            x, y = self._find_place(number, top)
            yield map_mesh.draw_mesh(mesh, x=x, y=y, width=width, now=self._now)

    @property
    def _used(self) -> int:
        """How many columns have a mesh; they are in the middle."""
        return max(min(self._columns, len(self._meshes)), 1)

    def _find_left(self, column: int) -> float:
        margin = (self._columns - self._used) * self._column / 2
        return _EDGE + margin + column * self._column

    def _find_place(self, number: int, top: float) -> tuple[float, float]:
        row, column = divmod(number, self._columns)
        return self._find_left(column) + _BRANCH, top + row * (map_mesh.HEIGHT + _GAP)


def describe_group(group: TrustGroup, *, now: datetime) -> str:
    """Return in words what the picture shows; the tables below it have every detail."""
    root = group.root
    above = f"Root {root.subject}, which {tell_end(root.not_after, now=now)}" if root else "No root"
    meshes = group.meshes
    told = count_healths([each.health for each in meshes]) or "none is found yet"
    serving = sum(each.instances_ready for each in meshes)
    istiods = sum(each.instances_total for each in meshes)
    words = f"{above}. Below it {count(len(meshes), 'mesh')}: {told}."
    return f"{words} {serving} of {count(istiods, 'istiod')} serve what they should. " + (
        _describe_namespaces(meshes)
    )


def _describe_namespaces(meshes: tuple[MeshReport, ...]) -> str:
    told = [each.namespaces for each in meshes if each.namespaces]
    in_sync = sum(each.in_sync for each in told)
    total = count(sum(each.total for each in told), "namespace")
    return f"{in_sync} of {total} have the current roots."

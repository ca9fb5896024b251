"""One mesh of the map: its intermediate, below it its istiods, below them its namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import WORST_FIRST, draw_sign, name_class
from roottrust.cli.report_page.label import draw_label
from roottrust.cli.report_page.markup import make
from roottrust.cli.status.report import MeshReport
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_end

HEIGHT = 132
LINK_AT = 24

_PAD, _TEXT, _END_PAD = 12, 36, 10
_ROWS = (70, 93, 116)
_SMALL = 13
_ISTIODS_SHOWN = 6
_BAR = 76


def draw_mesh(mesh: MeshReport, *, x: float, y: float, width: float, now: datetime) -> Element:
    """Return the box of a mesh."""
    room = width - _TEXT - _END_PAD
    left = x + _TEXT
    return make(
        "g",
        make(
            "rect",
            x=x,
            y=y,
            width=width,
            height=HEIGHT,
            rx=8,
            class_=f"box {name_class(mesh.health)}",
        ),
        draw_sign(mesh.health, x=x + _PAD, y=y + LINK_AT - 8),
        draw_label(mesh.cluster, x=left, y=y + 23, width=room, size=14, class_="name"),
        draw_label(mesh.mesh, x=left, y=y + 40, width=room, size=11, class_="told small"),
        make("path", d=_draw_chain(x, y), class_="link inner"),
        _draw_intermediate(mesh, x=left, y=y + _ROWS[0], width=room, now=now),
        make("g", *_draw_istiods(mesh, x=left, y=y + _ROWS[1], width=room)),
        make("g", *_draw_namespaces(mesh, x=left, y=y + _ROWS[2], width=room)),
    )


def _draw_chain(x: float, y: float) -> str:
    """Return the line from the mesh's sign to its three rows."""
    middle = x + _PAD + 8
    rows = " ".join(f"M{middle:g} {y + each - 4:g}h10" for each in _ROWS)
    return f"M{middle:g} {y + LINK_AT + 12:g}V{y + _ROWS[-1] - 4:g} {rows}"


def _draw_intermediate(
    mesh: MeshReport, *, x: float, y: float, width: float, now: datetime
) -> Element:
    generation = f" {mesh.generation}" if mesh.generation else ""
    end = mesh.earliest_not_after
    told = tell_end(end, now=now) if end else "not issued yet"
    class_ = "told bad" if end is not None and end <= now else "told"
    words = f"Intermediate{generation}: {told}"
    return draw_label(words, x=x, y=y, width=width, size=12, class_=class_)


def _draw_istiods(mesh: MeshReport, *, x: float, y: float, width: float) -> Iterator[Element]:
    """Return a sign for each istiod, the worst first: of some, nobody tells but the number."""
    healths = list_istiods(mesh)
    shown = healths[:_ISTIODS_SHOWN]
    for number, health in enumerate(shown):
        yield draw_sign(health, x=x + number * (_SMALL + 3), y=y - 11, size=_SMALL)
    left = x + len(shown) * (_SMALL + 3) + (4 if shown else 0)
    words = f"{mesh.instances_ready} of {count(mesh.instances_total, 'istiod')}"
    yield draw_label(words, x=left, y=y, width=width - (left - x), size=12, class_="told")


def list_istiods(mesh: MeshReport) -> list[Health]:
    """Return how well each istiod of a mesh is, the worst first."""
    told = [each.health for each in mesh.instances or ()]
    untold = max(mesh.instances_total - len(told), 0)
    ready = 0 if mesh.instances is not None else min(mesh.instances_ready, untold)
    told += [Health.GOOD] * ready + [Health.UNKNOWN] * (untold - ready)
    return sorted(told, key=WORST_FIRST.index)


def _draw_namespaces(mesh: MeshReport, *, x: float, y: float, width: float) -> Iterator[Element]:
    told = mesh.namespaces
    if told is None:
        words = "Namespaces are not reported"
        yield draw_label(words, x=x, y=y, width=width, size=12, class_="told faint")
        return
    share = min(told.in_sync / told.total, 1) if told.total else 1
    bar = {"y": y - 9, "height": 9, "rx": 4.5}
    yield make("rect", x=x, width=_BAR, class_="bar", **bar)
    if share:
        class_ = f"bar filled {name_class(told.health)}"
        yield make("rect", x=x, width=max(_BAR * share, 9), class_=class_, **bar)
    words = f"{told.in_sync} of {count(told.total, 'namespace')}"
    left = _BAR + 8
    yield draw_label(words, x=x + left, y=y, width=width - left, size=12, class_="told")

"""The meshes of a policy as a table, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import WORST_FIRST, show_sign
from roottrust.cli.report_page.markup import Child, make
from roottrust.cli.report_page.table import build_row, build_table
from roottrust.cli.report_page.trust_group import sort_meshes
from roottrust.cli.report_page.words import mark_up, show_end
from roottrust.cli.status.render_mesh import describe_instance
from roottrust.cli.status.report import InstanceReport, MeshReport, PolicyReport
from roottrust.domain.counted import count
from roottrust.domain.some_names import list_some

_COLUMNS = ("Mesh", "Intermediate", "istiods", "Namespaces")
_INSTANCES = 4
_NAMES = 5


def build_meshes(policy: PolicyReport, *, most: int, now: datetime) -> Iterator[Element]:
    """Return the table, and how many meshes are not in it."""
    meshes = sort_meshes(policy.meshes)
    if not meshes:
        yield make("p", "No mesh is known yet.")
        return
    rows = (_build_row(each, now=now) for each in meshes[:most])
    yield build_table(_COLUMNS, rows, caption=f"Meshes of {policy.full_name}")
    left = policy.meshes_total - min(len(meshes), most)
    if left > 0:
        words = f"And {count(left, 'more mesh')}: see `roottrust status {policy.full_name}`."
        yield make("p", *mark_up(words), class_="more")


def _build_row(mesh: MeshReport, *, now: datetime) -> Element:
    name = make(
        "span",
        show_sign(mesh.health),
        " ",
        make("b", mesh.cluster),
        " ",
        make("span", mesh.mesh, class_="faint"),
    )
    cells = (name, _tell_intermediate(mesh, now=now), _tell_istiods(mesh, now=now))
    return build_row(_COLUMNS, (*cells, _tell_namespaces(mesh)))


def _tell_intermediate(mesh: MeshReport, *, now: datetime) -> Element:
    generation = f"generation {mesh.generation}, " if mesh.generation else ""
    end = mesh.earliest_not_after
    first = "the first of them " if mesh.instances_total > 1 else ""
    told: tuple[Child, ...] = ("none yet",)
    if end is not None:
        told = (f"{generation}{first}", show_end(end, now=now))
    return make("span", *told)


def _tell_istiods(mesh: MeshReport, *, now: datetime) -> Element:
    found = sorted(mesh.instances or (), key=lambda each: WORST_FIRST.index(each.health))
    shown = [_tell_instance(each, now=now) for each in found[:_INSTANCES]]
    if len(found) > _INSTANCES:
        shown.append(make("li", f"and {len(found) - _INSTANCES} more"))
    words = f"{mesh.instances_ready} of {mesh.instances_total} serve what they should"
    return make("div", words, make("ul", *shown) if shown else None)


def _tell_instance(instance: InstanceReport, *, now: datetime) -> Element:
    words = f" {instance.pod}: {describe_instance(instance, now=now)}"
    return make("li", show_sign(instance.health), words)


def _tell_namespaces(mesh: MeshReport) -> Element:
    told, stale = mesh.namespaces, mesh.stale_workloads_total
    if told is None:
        return make("span", "not reported")
    words = f"{told.in_sync} of {told.total} in sync"
    if told.stale:
        words += f", stale: {list_some(told.stale, most=_NAMES, of=told.total - told.in_sync)}"
    if stale:
        names = list_some(mesh.stale_workloads or (), most=_NAMES, of=stale)
        words += f"; {count(stale, 'workload')} may still trust only the roots before: {names}"
    return make("span", words)

"""One mesh of the tree: its intermediates, its istiods, its namespaces, its stale workloads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.cli.status.report import InstanceReport, MeshReport, NamespacesReport
from roottrust.cli.status.sign import build_line, show_fingerprint
from roottrust.cli.status.trouble import find_mesh_trouble
from roottrust.cli.text_tree import Node
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_end
from roottrust.domain.some_names import list_some

_STALE_SHOWN = 5
_TOLD = {
    "NotBelieved": "is not believed",
    "Expired": "has an intermediate that has ended",
    "Failed": "obtains no intermediate",
    "Waiting": "has no intermediate yet",
    "Outdated": "still has its last intermediate",
    "NotLoaded": "has its intermediate, not served by istiod yet",
    "Overdue": "serves its intermediate, whose renewal is overdue",
    "Failing": "serves its intermediate, and its agent fails",
    "Serving": "serves its intermediate",
}


def build_mesh_node(mesh: MeshReport, *, said: tuple[str, ...], now: datetime) -> Node:
    """Return a mesh with everything under it; `said` is what need not be said again."""
    return Node(
        text=build_line(mesh.health, f"{mesh.cluster} {mesh.mesh}", _describe(mesh, now=now)),
        children=tuple(_list_children(mesh, said=said, now=now)),
    )


def _describe(mesh: MeshReport, *, now: datetime) -> str:
    generation = f" of generation {mesh.generation}" if mesh.generation else ""
    ready = f"{mesh.instances_ready} of {count(mesh.instances_total, 'istiod')}"
    if mesh.earliest_not_after is None:
        return f"intermediate{generation} on {ready}"
    end = tell_end(mesh.earliest_not_after, now=now)
    first = "the first of them " if mesh.instances_total > 1 else ""
    return f"intermediate{generation} on {ready}, {first}{end}"


def _list_children(mesh: MeshReport, *, said: tuple[str, ...], now: datetime) -> Iterator[Node]:
    trouble = find_mesh_trouble(mesh, said=said)
    if trouble is not None:
        yield Node(text=build_line(trouble.health, trouble.name, trouble.message))
    for instance in mesh.instances or ():
        words = describe_instance(instance, now=now)
        yield Node(text=build_line(instance.health, instance.pod, words))
    silent = mesh.instances_total - len(mesh.instances or ())
    if mesh.instances is not None and silent > 0:
        text = f"no agent of {'it' if silent == 1 else 'them'} reports"
        yield Node(text=build_line(Health.UNKNOWN, f"{count(silent, 'istiod')} more", text))
    if mesh.namespaces is not None:
        yield Node(text=_render_namespaces(mesh.namespaces))
    if mesh.stale_workloads_total:
        yield Node(text=_render_workloads(mesh))


def describe_instance(instance: InstanceReport, *, now: datetime) -> str:
    """Return what an istiod has, and what it lacks."""
    words = [_TOLD[instance.state]]
    if instance.fingerprint is not None:
        words.append(show_fingerprint(instance.fingerprint))
    if instance.not_after is not None:
        words.append(tell_end(instance.not_after, now=now))
    if instance.message is not None:
        words.append(instance.message)
    return ", ".join(words)


def _render_namespaces(namespaces: NamespacesReport) -> str:
    words = f"{namespaces.in_sync} of {namespaces.total} in sync"
    if namespaces.stale:
        words += f", stale: {list_some(namespaces.stale, most=_STALE_SHOWN)}"
    return build_line(namespaces.health, "namespaces", words)


def _render_workloads(mesh: MeshReport) -> str:
    total, first = mesh.stale_workloads_total or 0, mesh.stale_workloads or ()
    names = list_some(first, most=_STALE_SHOWN, of=total)
    return build_line(
        Health.WARNING, "workloads", f"{total} may still trust only the roots before: {names}"
    )

"""A rotation for people: a tree that is redrawn on a terminal, and its changed lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.rotate.progress import (
    InstanceProgress,
    MeshProgress,
    RotationProgress,
    Step,
)
from roottrust.cli.rotate.request import CLUSTERS_FIELD, FIELD, RaisedGeneration
from roottrust.cli.status.report import PolicyReport
from roottrust.cli.status.sign import build_line
from roottrust.cli.text_tree import Node, draw_tree
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.printable import make_printable
from roottrust.domain.some_names import list_some

_STEPS = {
    Step.WAITING: "has not obtained it yet",
    Step.ISSUED: "has obtained it, not served by istiod yet",
    Step.LOADED: "serves it",
}
_NAMED = 5


def render_change(raised: RaisedGeneration) -> str:
    """Return what is written, on one line."""
    field = f"{CLUSTERS_FIELD} of {', '.join(raised.clusters)}" if raised.clusters else FIELD
    return f"{raised.full_name}: {field}: {raised.before} → {raised.after}"


def render_commit(raised: RaisedGeneration) -> str:
    """Return what is to be committed where policies are kept in Git."""
    if not raised.clusters:
        return f"{FIELD}: {raised.after}"
    entries = (
        f"{{name: {each}, intermediateGeneration: {raised.after}}}" for each in raised.clusters
    )
    return f"in {CLUSTERS_FIELD} {', '.join(entries)}"


def render_reach(raised: RaisedGeneration, policy: PolicyReport) -> str:
    """Return whom a new generation concerns, as a sentence."""
    meshes = tuple(
        each for each in policy.meshes if not raised.clusters or each.cluster in raised.clusters
    )
    names = tuple(f"{each.cluster}/{each.mesh}" for each in meshes)
    if not names:
        return "No mesh is found yet that would obtain a new intermediate."
    total = len(meshes) if raised.clusters else policy.meshes_total
    listed = make_printable(list_some(names, most=_NAMED))
    return (
        f"Every istiod of {count(total, 'mesh')} obtains a new intermediate: "
        f"{listed}. No workload restarts."
    )


def render_end(raised: RaisedGeneration, progress: RotationProgress) -> str:
    """Return what it has come to once it is done, as a sentence."""
    if progress.total == 0:
        told = f"no mesh is found yet; those that are found begin with generation {raised.after}"
    else:
        meshes = count(progress.total, "mesh")
        told = f"every istiod of {meshes} serves an intermediate of generation {raised.after}"
    return f"{raised.full_name}: {told}."


def render_progress(progress: RotationProgress) -> str:
    """Return the tree, with colours: `click.unstyle` takes them out."""
    words = f"{progress.done} of {count(progress.total, 'mesh')} done"
    title = f"intermediates of generation {progress.generation}"
    nodes = [_build_mesh(each) for each in progress.meshes]
    if progress.waits_for is not None:
        health = Health.BAD if progress.is_faulty else Health.UNKNOWN
        nodes.append(Node(text=build_line(health, "waits", progress.waits_for)))
    tree = Node(
        text=build_line(_judge(is_done=progress.is_done), title, words, is_title=True),
        children=tuple(nodes),
    )
    return "".join(f"{line}\n" for line in draw_tree(tree))


def list_lines(progress: RotationProgress) -> Iterator[str]:
    """Return the same line by line, for a log in which only what changes is to be written."""
    for mesh in progress.meshes:
        yield f"{_name(mesh)}: {_describe_mesh(mesh)}"
        for instance in mesh.instances:
            yield f"{_name(mesh)}: {_describe_instance(instance)}"
    if progress.waits_for is not None:
        yield f"waits: {make_printable(progress.waits_for)}"


def _build_mesh(mesh: MeshProgress) -> Node:
    return Node(
        text=build_line(_judge(is_done=mesh.is_done), _name(mesh), _describe_mesh(mesh)),
        children=tuple(
            Node(
                text=build_line(
                    _judge(is_done=each.step is Step.LOADED), each.pod, _describe_step(each)
                )
            )
            for each in mesh.instances
        ),
    )


def _judge(*, is_done: bool) -> Health:
    return Health.GOOD if is_done else Health.UNKNOWN


def _name(mesh: MeshProgress) -> str:
    return make_printable(f"{mesh.cluster}/{mesh.mesh}")


def _describe_mesh(mesh: MeshProgress) -> str:
    return f"{mesh.ready} of {count(mesh.total, 'istiod')} serve it"


def _describe_instance(instance: InstanceProgress) -> str:
    return make_printable(f"{instance.pod} {_describe_step(instance)}")


def _describe_step(instance: InstanceProgress) -> str:
    why = f" ({instance.message})" if instance.message else ""
    return f"{_STEPS[instance.step]}{why}"

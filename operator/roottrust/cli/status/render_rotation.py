"""The rotation of a root for people: its stages on one line, and below them what holds it up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from roottrust.api.choices import RotationEnd
from roottrust.cli.status.rotation_report import (
    PastRotationReport,
    RotationClusterReport,
    RotationReport,
    SlowestReport,
    StageState,
)
from roottrust.cli.status.sign import build_line
from roottrust.cli.text_tree import Node
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.moment import show_time, tell_distance, tell_minutes
from roottrust.domain.some_names import list_some

_STATES = {
    StageState.DONE: "✓ {}",
    StageState.UNDER_WAY: "→ {}",
    StageState.LEFT: "↩ {}",
    StageState.OPEN: "· {}",
}
_CLUSTERS_SHOWN = 20


def build_rotation_node(rotation: RotationReport, *, policy: str, now: datetime) -> Node | None:
    """Return what there is to tell, None of a root that has never been rotated."""
    if rotation.stage is not None:
        return Node(
            text=build_line(rotation.health, name_rotation(rotation), show_stages(rotation)),
            children=tuple(_list_children(rotation, policy=policy, now=now)),
        )
    words = describe_rest(rotation, policy=policy, now=now)
    return Node(text=build_line(rotation.health, "rotation", words)) if words else None


def name_rotation(rotation: RotationReport) -> str:
    """Return which rotation it is."""
    whose = f" of the root of {rotation.owner}" if rotation.owner else ""
    return f"rotation{whose} to generation {rotation.to_generation}"


def show_stages(rotation: RotationReport) -> str:
    """Return the line of progress, such as `✓ Prepare → Sign · Widen`."""
    told = " ".join(_STATES[each.state].format(each.name) for each in rotation.stages)
    if rotation.strategy is None and len(rotation.stages) == 1:
        told += " · …"
    wave = f", wave {rotation.wave} of {rotation.waves}" if rotation.wave else ""
    return f"{told}{wave}"


def list_commands(rotation: RotationReport, *, policy: str) -> Iterator[str]:
    """Return what a person types so that it goes on."""
    name = rotation.owner or policy
    if rotation.paused:
        yield f"roottrust rotate resume {name}"
    if rotation.awaits_approval is not None:
        yield f"roottrust rotate approve {name} --stage {rotation.awaits_approval}"


def describe_cluster(cluster: RotationClusterReport, *, said: str | None) -> str:
    """Return how far a cluster is; `said` is what need not be said again."""
    words = [f"{cluster.meshes_done} of {count(cluster.meshes_total, 'mesh')} done"]
    if cluster.workloads:
        words.append(f"{count(cluster.workloads, 'workload')} may have a leaf from before")
    told = ", ".join(words)
    if cluster.message and cluster.message not in (said or ""):
        return f"{told}: {cluster.message}"
    return told


def describe_slowest(slowest: SlowestReport) -> str:
    """Return the workloads that hold it up longest, and until when at most."""
    names = list_some(slowest.first, of=slowest.workloads)
    return (
        f"{names} in {slowest.cluster} ({slowest.mesh}), by {show_time(slowest.ends_at)} at the "
        "latest, or at once when restarted"
    )


def find_slowest(rotation: RotationReport) -> SlowestReport | None:
    """Return what holds it up longest, unless that is said already."""
    found = rotation.slowest
    return found if found and found.mesh not in (rotation.message or "") else None


def list_waiting(rotation: RotationReport) -> tuple[RotationClusterReport, ...]:
    """Return the clusters that a person wants to see: those that are waited for, or left out."""
    return tuple(each for each in rotation.clusters if each.health is not Health.GOOD)


def _list_children(rotation: RotationReport, *, policy: str, now: datetime) -> Iterator[Node]:
    yield Node(text=_dim(_describe_times(rotation, now=now)))
    if rotation.message:
        yield Node(text=build_line(rotation.health, "waits", rotation.message))
    for command in list_commands(rotation, policy=policy):
        yield Node(text=build_line(Health.WARNING, "to go on", command))
    slowest = find_slowest(rotation)
    if slowest is not None:
        yield Node(text=build_line(Health.UNKNOWN, "slowest", describe_slowest(slowest)))
    waiting = list_waiting(rotation)
    for cluster in waiting[:_CLUSTERS_SHOWN]:
        words = describe_cluster(cluster, said=rotation.message)
        yield Node(text=build_line(cluster.health, cluster.name, words))
    if len(waiting) > _CLUSTERS_SHOWN:
        more = count(len(waiting) - _CLUSTERS_SHOWN, "cluster")
        yield Node(text=_dim(f"and {more} more that are waited for"))
    done = sum(each.health is Health.GOOD for each in rotation.clusters)
    if done:
        words = "nothing of this stage is waited for"
        yield Node(text=build_line(Health.GOOD, count(done, "cluster"), words))
    unlisted = rotation.clusters_total - len(rotation.clusters)
    if unlisted > 0:
        more = count(unlisted, "cluster")
        yield Node(text=_dim(f"and {more} more, which the policy's status has no room for"))


def _describe_times(rotation: RotationReport, *, now: datetime) -> str:
    words = []
    if rotation.stage_started_at is not None:
        words.append(f"{rotation.stage} began {tell_distance(rotation.stage_started_at, now=now)}")
    if rotation.started_at is not None:
        words.append(f"the rotation {tell_distance(rotation.started_at, now=now)}")
    if rotation.strategy is not None:
        words.append(rotation.strategy)
    if rotation.compromised and rotation.started_at is not None:
        words.append(_describe_distrust(rotation, rotation.started_at, now=now))
    return ", ".join(words)


def _describe_distrust(rotation: RotationReport, begun: datetime, *, now: datetime) -> str:
    """Return how long a compromised root is, or was, trusted after its rotation began."""
    if rotation.distrusted_at is None:
        return f"the compromised root is still trusted after {tell_minutes(now - begun)}"
    return f"the compromised root was trusted for {tell_minutes(rotation.distrusted_at - begun)}"


def describe_rest(rotation: RotationReport, *, policy: str, now: datetime) -> str | None:
    """Return how the last one ended, or that the next one is still to begin."""
    known = max(rotation.root_generation or 0, rotation.rejected_generation or 0)
    if rotation.wanted_generation > known and rotation.owner is None:
        why = f": {rotation.message}" if rotation.message else ""
        return f"generation {rotation.wanted_generation} is asked for, and has not begun{why}"
    last = rotation.history[0] if rotation.history else None
    if last is None and rotation.rejected_generation is None:
        return None
    if last is None or last.end is RotationEnd.ROLLED_BACK:
        generation = last.generation if last else rotation.rejected_generation
        when = f" {tell_distance(last.ended_at, now=now)}" if last else ""
        return (
            f"generation {generation} was rolled back{when}, and generation "
            f"{rotation.root_generation} is in use: the next one is another (`roottrust rotate "
            f"root {rotation.owner or policy}`)"
        )
    return f"generation {last.generation} is in use since {_describe_end(last, now=now)}"


def _describe_end(past: PastRotationReport, *, now: datetime) -> str:
    how = f" ({past.strategy})" if past.strategy else ""
    left = (*past.excluded, *past.left_behind)
    without = f", without {list_some(left)}" if left else ""
    return f"its rotation was completed {tell_distance(past.ended_at, now=now)}{how}{without}"


def _dim(text: str) -> str:
    return click.style(text, dim=True)

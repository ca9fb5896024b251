"""The rotation of a root for people: what is going to happen, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import RotationEnd, RotationStage, RotationStrategy
from roottrust.cli.rotate.root_progress import RootProgress
from roottrust.cli.rotate.root_request import FIELD, RaisedRoot, describe_source
from roottrust.cli.status.render_rotation import (
    build_rotation_node,
    describe_cluster,
    describe_slowest,
    find_slowest,
    list_commands,
    list_waiting,
    name_rotation,
    show_stages,
)
from roottrust.cli.status.rotation_report import PastRotationReport
from roottrust.cli.status.sign import build_line
from roottrust.cli.text_tree import Node, draw_tree
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_length, tell_minutes
from roottrust.domain.printable import make_printable
from roottrust.domain.rotation.approval import list_asked_for
from roottrust.domain.rotation.stage import IN_WAVES, list_stages
from roottrust.domain.rotation.stage_text import tell_stage
from roottrust.domain.rotation.wish import RotationWish
from roottrust.domain.some_names import list_some

_NAMED = 5
_LEAF_STAGES = frozenset({RotationStage.CONFIRM, RotationStage.PROVE, RotationStage.DROP})
_NUMBERS = {2: "two", 3: "three"}


def render_raise(raised: RaisedRoot) -> str:
    """Return what is written, on one line."""
    return f"{raised.root.full_name}: {FIELD}: {raised.before} → {raised.after}"


def render_outlook(raised: RaisedRoot) -> str:
    """Return what is going to happen: whom it concerns, the stages, who is asked, how long."""
    return "\n".join(make_printable(each) for each in _list_outlook(raised))


def _list_outlook(raised: RaisedRoot) -> Iterator[str]:
    root, wish = raised.root, raised.root.rotation.wish
    if raised.queue is not None:
        yield raised.queue
    yield _describe_reach(raised)
    yield f"{_describe_strategy(wish)}:"
    strategy = _find_likely(wish)
    for number, stage in enumerate(list_stages(strategy), start=1):
        yield f"  {number}. {stage}: {tell_stage(stage, strategy)}"
    yield describe_source(raised)
    if wish.waves:
        names = [each.name for each in root.rotation.spec.waves]
        yield f"Clusters follow in waves, in Sign, Widen and Drop: {', '.join(names)}, then others."
    yield from _list_asked(raised)
    yield _describe_length(raised)


def _find_likely(wish: RotationWish) -> RotationStrategy:
    is_open = wish.strategy is RotationStrategy.AUTO
    return RotationStrategy.CROSS_SIGNED if is_open else wish.strategy


def _describe_reach(raised: RaisedRoot) -> str:
    root = raised.root
    clusters = tuple(sorted({each.cluster for each in root.meshes}))
    named = f": {list_some(clusters, most=_NAMED)}" if clusters else ""
    told = (
        f"The root of {count(root.meshes_total, 'mesh')} in {count(len(clusters), 'cluster')} is "
        f"replaced{named}."
    )
    if not root.sharing:
        return told
    names = tuple(each.full_name for each in root.sharing)
    whose = "policy that shares" if len(names) == 1 else "policies that share"
    return f"{told} They are also those of the {whose} it: {list_some(names, most=_NAMED)}."


def _describe_strategy(wish: RotationWish) -> str:
    if wish.strategy is not RotationStrategy.AUTO:
        return f"Stages ({wish.strategy}), each proven before the next"
    others = ", ".join(list_stages(RotationStrategy.MULTI_ROOT))
    return (
        "Stages, each proven before the next (CrossSigned; where the root in use may not sign "
        f"another CA it is MultiRoot: {others})"
    )


def _list_asked(raised: RaisedRoot) -> Iterator[str]:
    root, wish = raised.root, raised.root.rotation.wish
    asked = list_asked_for(_find_likely(wish), wish)
    if not asked:
        yield "Nobody is asked (rotation.verification: None)."
        return
    yield (
        f"A person is asked before {', '.join(asked)}: `roottrust rotate approve {root.full_name}`."
    )
    if wish.dependants:
        yield (
            f"Before Drop is approved, these must trust the next root: {list_some(wish.dependants)}"
            " (rotation.externalDependants)."
        )


def _describe_length(raised: RaisedRoot) -> str:
    """Return an honest estimate: how long leaves live is each workload's own affair."""
    wish = raised.root.rotation.wish
    strategy = _find_likely(wish)
    number = _count_leaf_stages(strategy)
    lives = f"{_NUMBERS[number]} leaf lives one after the other"
    if wish.strategy is RotationStrategy.AUTO:
        lives += f" ({_NUMBERS[_count_leaf_stages(RotationStrategy.MULTI_ROOT)]} with MultiRoot)"
    told = (
        f"It takes about {lives}: 24 hours each, unless SECRET_TTL of a workload says otherwise; "
        "a workload that is restarted has a new leaf at once."
    )
    soak = wish.soak * _count_rests(strategy, len(wish.waves))
    told += f" Soaking (rotation.soakSeconds) adds {tell_length(soak)}." if soak else ""
    asked = bool(list_asked_for(strategy, wish))
    return told + (" So does the time in which a person is waited for." if asked else "")


def _count_leaf_stages(strategy: RotationStrategy) -> int:
    return len(_LEAF_STAGES.intersection(list_stages(strategy)))


def _count_rests(strategy: RotationStrategy, waves: int) -> int:
    """Return how often a rotation soaks: after all stages but the first, and between waves."""
    stages = list_stages(strategy)
    return len(stages) - 1 + waves * sum(each in IN_WAVES for each in stages)


def render_root_progress(progress: RootProgress) -> str:
    """Return the tree, with colours: `click.unstyle` takes them out."""
    node = _build_node(progress)
    return "".join(f"{line}\n" for line in draw_tree(node))


def _build_node(progress: RootProgress) -> Node:
    rotation = progress.rotation
    found = (
        build_rotation_node(rotation, policy=progress.policy, now=progress.read_at)
        if rotation
        else None
    )
    words = progress.waits_for or render_end_of_root(progress)
    health = Health.BAD if progress.is_faulty else Health.UNKNOWN
    line = Node(text=build_line(health if progress.waits_for else Health.GOOD, "waits", words))
    if found is None or rotation is None or rotation.stage is None:
        title = f"rotation to generation {progress.generation}"
        return Node(text=build_line(health if progress.waits_for else Health.GOOD, title, words))
    if progress.waits_for in {None, rotation.message}:
        return found
    return Node(text=found.text, children=(line, *found.children))


def list_root_lines(progress: RootProgress) -> Iterator[str]:
    """Return the same line by line, for a log in which only what changes is to be written."""
    rotation = progress.rotation
    if progress.waits_for is not None:
        yield make_printable(f"waits: {progress.waits_for}")
    if rotation is None or rotation.stage is None:
        return
    yield make_printable(f"{name_rotation(rotation)}: {show_stages(rotation)}")
    for command in list_commands(rotation, policy=progress.policy):
        yield make_printable(f"to go on: {command}")
    slowest = find_slowest(rotation)
    if slowest is not None:
        yield make_printable(f"slowest: {describe_slowest(slowest)}")
    for cluster in list_waiting(rotation):
        told = describe_cluster(cluster, said=progress.waits_for)
        yield make_printable(f"{cluster.name}: {told}")


def render_end_of_root(progress: RootProgress) -> str:
    """Return what it has come to, as a sentence."""
    generation, past = progress.generation, progress.past
    if progress.end is RotationEnd.ROLLED_BACK:
        return (
            f"{progress.policy}: the rotation to generation {generation} was rolled back, and the "
            "root before it is in use: raise the generation again to rotate."
        )
    without = f" Left out were {list_some(past.excluded)}." if past and past.excluded else ""
    if past is not None and past.distrusted_at is not None:
        return f"{progress.policy}: {_tell_distrust(past)}{without}"
    return (
        f"{progress.policy}: the root of generation {generation} is in use everywhere, and the one "
        f"before may sign nothing any more.{without}"
    )


def _tell_distrust(past: PastRotationReport) -> str:
    """Return how long a compromised root was trusted after the order, and where it still may be."""
    begun, end = past.started_at, past.distrusted_at
    took = f", {tell_minutes(end - begun)} after the rotation began" if begun and end else ""
    told = f"the compromised root is distrusted{took}, and revoked."
    if not past.left_behind:
        return told
    names = list_some(past.left_behind, most=_NAMED)
    return f"{told} It may still be trusted in {names}, where not all was proven in time."

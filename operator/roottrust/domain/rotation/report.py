"""How far a rotation is, in the words of a status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.api.rotation_status import (
    ROTATION_CLUSTERS_MAX,
    RotationCluster,
    RotationStatus,
)
from roottrust.domain.moment import show_time
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.istiod_text import list_notes
from roottrust.domain.rotation.machine import Step
from roottrust.domain.rotation.stage import IN_WAVES
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import RotationWish
from roottrust.domain.some_names import list_some


@dataclass(frozen=True, kw_only=True)
class ToldRotation:
    """What is to be told of a rotation, and what of it needs a person."""

    status: RotationStatus
    warnings: tuple[str, ...] = ()


def is_person_needed(status: RootTrustPolicyStatus) -> bool:
    """Whether the rotation that a status tells of waits for what only a person can do."""
    told = (status.rotation.message if status.rotation else None) or ""
    return any(each in told for each in status.warnings)


def tell_rotation(step: Step, wish: RotationWish, view: FleetView) -> ToldRotation:
    """Return the state with what it waits for, by cluster and in one sentence."""
    state = step.state
    clusters = tuple(_tell_clusters(step, wish, view)) if state.stage else ()
    message = describe_rotation(step, wish)
    status = state.model_copy(update={"clusters": clusters, "message": message})
    notes = list_notes(state, wish, view)
    return ToldRotation(status=status, warnings=(*_list_warnings(step, wish), *notes))


def tell_shared(
    state: RotationStatus, *, owner: str, asked: int, counts: int, is_remote: bool = False
) -> ToldRotation:
    """Return what a policy shows that shares the root of another one.

    `asked` is the generation that it asks for itself, `counts` the owner's. One in a workload
    cluster, `is_remote`, is told nothing of other clusters.
    """
    told = state.model_copy(update={"owner": owner, "history": ()})
    if is_remote:
        told = told.model_copy(
            update={"members": (), "clusters": (), "message": None, "unseen": ()}
        )
    if asked <= counts:
        return ToldRotation(status=told)
    warning = (
        f"rotation.rootGeneration {asked} of this policy does not count: the root belongs to "
        f"RootTrustPolicy {owner}, raise it there."
    )
    return ToldRotation(status=told, warnings=(warning,))


def describe_rotation(step: Step, wish: RotationWish) -> str | None:
    """Return where a rotation is and what holds it up most, None if there is nothing to say."""
    state, waits = step.state, _rank(step.waits)
    if state.stage is None:
        return waits[0].message if waits else None
    place = f"{state.stage} of generation {state.to_generation}"
    if wish.is_hurried:
        place += ", for the root in use is compromised"
    if state.stage in IN_WAVES and wish.waves:
        place += f", wave {(state.wave or 0) + 1} of {len(wish.waves) + 1}"
    without = _tell_left(state)
    if not waits:
        proven = "nothing is waited for" if without else "all is proven"
        return f"{place}: {proven}, the next step follows.{without}"
    more = f" ({len(waits) - 1} more)" if len(waits) > 1 else ""
    ends = [each.ends_at for each in waits]
    latest = max((each for each in ends if each is not None), default=None)
    is_bounded = latest is not None and all(ends) and len(waits) > 1
    until = f" All of it by {show_time(latest)}." if latest is not None and is_bounded else ""
    queued = ""
    if wish.generation > (state.to_generation or 0):
        queued = f" Generation {wish.generation} follows after this one."
    return f"{place}: {waits[0].message}{more}{until}{without}{queued}"


def _tell_left(state: RotationStatus) -> str:
    if not state.left_behind:
        return ""
    return f" It goes on without {list_some(state.left_behind)}, where it may still be trusted."


def _list_warnings(step: Step, wish: RotationWish) -> tuple[str, ...]:
    """Return what needs a person."""
    asked = tuple(each.message for each in _rank(step.waits) if each.needs_person)
    return (*wish.orders.problems, *asked)


def _rank(waits: Iterable[Wait]) -> list[Wait]:
    """Return waits in the order in which they are told: what needs a person, then the slowest."""
    return sorted(
        waits,
        key=lambda each: (
            not each.needs_person,
            -each.ends_at.timestamp() if each.ends_at else 0.0,
        ),
    )


def _tell_clusters(step: Step, wish: RotationWish, view: FleetView) -> list[RotationCluster]:
    shown = (*step.waits, *step.left)
    waits = {each.cluster: each for each in reversed(_rank(shown)) if each.cluster}
    waiting = {(each.cluster, each.mesh) for each in shown if each.mesh}
    total = Counter(each.cluster for each in view.meshes)
    open_meshes = Counter(cluster for cluster, _ in waiting)
    generation = step.state.to_generation or 0
    told = [
        RotationCluster(
            name=name,
            meshes_done=0
            if name in waits and not open_meshes[name]
            else total[name] - min(open_meshes[name], total[name]),
            meshes_total=total[name],
            message=_describe_cluster(name, waits.get(name), wish, generation),
        )
        for name in step.state.members
    ]
    told.sort(key=lambda each: (each.message is None, each.name))
    return told[:ROTATION_CLUSTERS_MAX]


def _describe_cluster(
    name: str, wait: Wait | None, wish: RotationWish, generation: int
) -> str | None:
    if wish.is_excluded(name, generation):
        return "A person has taken it out of the rotation."
    return wait.message if wait else None


def name_place(state: RotationStatus) -> str:
    """Return where a rotation is, for logs."""
    if state.stage is None:
        return f"generation {state.root_generation} is in use"
    return f"{state.stage} of generation {state.to_generation}, wave {state.wave or 0}"

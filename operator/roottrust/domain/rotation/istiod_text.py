"""What istiods lack for a rotation, by name and version, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.counted import count
from roottrust.domain.istiod_ability import MENDED_IN, TakesRoots
from roottrust.domain.rotation.evidence import FleetView, MeshView
from roottrust.domain.rotation.wish import RotationWish
from roottrust.domain.some_names import list_some
from roottrust.domain.stale_istiods import StaleIstiod, describe_stale_istiods

_UNUSABLE_MAX = 3
# Before roots have changed for the last time.
_BEFORE_RETIRE = frozenset(
    {Stage.PREPARE, Stage.SIGN, Stage.WIDEN, Stage.CONFIRM, Stage.PROVE, Stage.DROP}
)
# With MultiRoot nothing leads from the next root to the one before: who signs by it is a stranger.
_STRANGERS = frozenset({Stage.CONFIRM, Stage.SIGN, Stage.PROVE, Stage.DROP})


def name_istiod(mesh: MeshView) -> str:
    """Return whose istiod it is, and of which version."""
    version = mesh.version or "of no known version"
    custom = ", no release of istio's" if mesh.version and mesh.ability.version is None else ""
    return f"istiod of {mesh.mesh} ({version}{custom})"


def describe_unusable(mesh: MeshView) -> str | None:
    """Return why no root can be rotated beneath an istiod, None if one can."""
    ability, name = mesh.ability, name_istiod(mesh)
    if ability.takes is TakesRoots.NOTHING:
        return (
            f"{name} reads its CA files only when it starts, as all before 1.18 do: upgrade Istio "
            "first."
        )
    if ability.takes is TakesRoots.NOT_ALL and ability.version is not None:
        return (
            f"{name} gives workloads the last of several roots alone (istio 55793), so that they "
            f"would refuse each other: upgrade it to {MENDED_IN[ability.version]} or later first."
        )
    return None


def describe_deaf(mesh: MeshView) -> str | None:
    """Return what keeps an istiod from taking a second root before anybody signs by it."""
    if not mesh.ability.needs_restart or mesh.restarts_pods:
        return None
    remedy = (
        "set ISTIO_MULTIROOT_MESH to true in its environment"
        if mesh.ability.knows_setting
        else "upgrade Istio to 1.20 or later"
    )
    return (
        f"{name_istiod(mesh)} takes no second root while it runs: {remedy}, set "
        "config.autoRestartPods to have it restarted, or let the root in use cross-sign the next "
        "one (rotation.strategy)."
    )


def describe_needed_restart(mesh: MeshView) -> str:
    """Return what brings an istiod the roots that it does not take while it runs."""
    how = (
        "config.autoRestartPods has it restarted"
        if mesh.restarts_pods
        else "restart it, or set config.autoRestartPods to have that done"
    )
    return (
        f"{name_istiod(mesh)} takes changed roots only when it is restarted: {how}"
        f"{_advise_on_replicas(mesh)}."
    )


def describe_restarting(mesh: MeshView) -> str:
    """Return which istiod is being restarted at the end, and why."""
    of = f" of {mesh.replicas}" if mesh.replicas else ""
    return (
        f"{name_istiod(mesh)} is restarted, since it knows by the roots before the clients that "
        f"show a certificate ({len(mesh.stale_istiods)}{of} replicas left): `kubectl get "
        f"podbouncedirectives -A` in {mesh.cluster} shows how far that is."
    )


def list_notes(state: RotationStatus, wish: RotationWish, view: FleetView) -> tuple[str, ...]:
    """Return what is told of istiods without stopping for it: one sentence for each kind."""
    if state.stage is None:
        return ()
    generation = state.to_generation or 0
    meshes = [each for each in view.meshes if not wish.is_excluded(each.cluster, generation)]
    abilities = _tell_abilities(state, meshes, is_hurried=wish.is_hurried)
    return (*abilities, *_tell_stale(state, wish, meshes))


def _tell_abilities(
    state: RotationStatus, meshes: Sequence[MeshView], *, is_hurried: bool
) -> Iterator[str]:
    unusable = filter(None, map(describe_unusable, meshes if is_hurried else ()))
    yield from islice(unusable, _UNUSABLE_MAX)
    unknown = [each for each in meshes if each.ability.version is None]
    if state.stage is Stage.PREPARE and unknown:
        yield f"{_name_all(unknown)}: judged by its settings alone (ISTIO_MULTIROOT_MESH)."
    deaf = [each for each in meshes if each.ability.needs_restart]
    if state.stage in _BEFORE_RETIRE:
        yield from _tell_restarts([each for each in deaf if not each.restarts_pods])
        yield from _tell_restarts([each for each in deaf if _is_lonely(each)])


def _tell_stale(
    state: RotationStatus, wish: RotationWish, meshes: Sequence[MeshView]
) -> Iterator[str]:
    """Tell who has to restart an istiod by hand, or where that may be too late for somebody."""
    is_stranger = state.strategy is Strategy.MULTI_ROOT and state.stage in _STRANGERS
    stale = [
        each
        for each in meshes
        if each.stale_istiods
        and (
            (is_stranger and wish.dependants)
            or (state.stage is Stage.RETIRE and not each.restarts_pods)
        )
    ]
    told = describe_stale_istiods(map(_build_stale, stale))
    if told is not None:
        yield told


def _tell_restarts(meshes: Sequence[MeshView]) -> Iterator[str]:
    if not meshes:
        return
    first, more = meshes[0], len(meshes) - 1
    others = f" The same holds for {count(more, 'mesh')} more." if more else ""
    yield f"{describe_needed_restart(first)}{others}"


def _is_lonely(mesh: MeshView) -> bool:
    return mesh.restarts_pods and mesh.replicas == 1


def _advise_on_replicas(mesh: MeshView) -> str:
    """Say that one replica is few: those that workloads have are not concerned by its restart."""
    if mesh.replicas != 1:
        return ""
    return (
        ". It has one replica, and while that is replaced nobody may get a new certificate: two or "
        "more are wanted"
    )


def _name_all(meshes: Sequence[MeshView]) -> str:
    return list_some([name_istiod(each) for each in meshes])


def _build_stale(mesh: MeshView) -> StaleIstiod:
    return StaleIstiod(
        cluster=mesh.cluster,
        mesh=mesh.mesh,
        namespace=mesh.namespace,
        deployment=mesh.deployment,
        replicas=len(mesh.stale_istiods),
    )

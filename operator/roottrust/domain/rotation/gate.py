"""What a stage still waits for, by name: nothing is concluded from what was not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.counted import count
from roottrust.domain.moment import show_time
from roottrust.domain.rotation.evidence import FleetView, MeshView, VaultView
from roottrust.domain.rotation.istiod_restart import list_restarting
from roottrust.domain.rotation.istiod_text import (
    describe_deaf,
    describe_needed_restart,
    describe_restarting,
    describe_unusable,
)
from roottrust.domain.rotation.posture import Side, find_posture, has_widened, name_step
from roottrust.domain.rotation.stage import IN_WAVES
from roottrust.domain.rotation.wait import Wait
from roottrust.domain.rotation.wish import EXCLUDE_ANNOTATION, RotationWish
from roottrust.domain.some_names import list_some

_UNSIGNED = "The next root is still to be signed by the one in use."

# The first stage in which every istiod publishes both roots.
_WIDENED = {Strategy.CROSS_SIGNED: Stage.PROVE, Strategy.MULTI_ROOT: Stage.CONFIRM}


def list_waits(
    state: RotationStatus, wish: RotationWish, view: FleetView, *, now: datetime
) -> tuple[Wait, ...]:
    """Return what the stage under way waits for; none means that it is proven."""
    return (
        *_list_vault_waits(state, wish, view),
        *_list_absent(state, wish, view),
        *_list_mesh_waits(state, wish, view),
        *_list_kubelet_waits(state, wish, now),
        *_list_unusable(state, wish, view),
        *_list_restarts(state, wish, view, now),
    )


def _list_vault_waits(state: RotationStatus, wish: RotationWish, view: FleetView) -> Iterator[Wait]:
    vault = view.vault
    if vault.interference is not None:
        yield Wait(message=vault.interference, needs_person=True)
    if vault.previous != state.previous:
        yield Wait(message="The root in use cannot be read in Vault as it was.", needs_person=True)
    if state.stage is Stage.PREPARE:
        yield from _list_preparations(wish, view)
    elif vault.next != state.next and state.stage is not Stage.NARROW:
        message = vault.fault or "The next root cannot be read in Vault as it was."
        yield Wait(message=message, needs_person=True)
    if state.stage in {Stage.RETIRE, Stage.NARROW} and not vault.is_settled:
        yield from _list_withdrawals(vault)


def _list_withdrawals(vault: VaultView) -> Iterator[Wait]:
    if not vault.left:
        yield Wait(message="Vault is still to be told that only one of the roots may sign.")
    for message in vault.left:
        yield Wait(message=message, needs_person=True)


def _list_preparations(wish: RotationWish, view: FleetView) -> Iterator[Wait]:
    vault = view.vault
    if vault.fault is not None:
        yield Wait(message=vault.fault, needs_person=True)
    elif vault.next is None:
        yield Wait(message="Vault is to have the next root beside the one in use.")
    elif wish.is_hurried:
        yield from _list_hurried_waits(vault)
    else:
        yield from _list_needs(choose_strategy(wish, vault), view)


def _list_hurried_waits(vault: VaultView) -> Iterator[Wait]:
    """Wait for a cross-certificate that is on its way, and for no other."""
    if vault.can_cross_sign and vault.cross_certificate is None and vault.cross_fault is None:
        yield Wait(message=_UNSIGNED)


def _list_needs(strategy: Strategy, view: FleetView) -> Iterator[Wait]:
    """Return what a strategy needs before it begins."""
    if strategy is Strategy.CROSS_SIGNED:
        yield from _list_cross_waits(view.vault)
    else:
        yield from _list_deaf(view)


def choose_strategy(wish: RotationWish, vault: VaultView) -> Strategy:
    """Return how a rotation is made: cross-signed where nothing forbids it."""
    if wish.is_hurried:
        return Strategy.DISTRUST_FIRST
    if wish.strategy is not Strategy.AUTO:
        return wish.strategy
    return Strategy.CROSS_SIGNED if vault.can_cross_sign else Strategy.MULTI_ROOT


def _list_cross_waits(vault: VaultView) -> Iterator[Wait]:
    if not vault.can_cross_sign:
        yield Wait(
            message="The root in use may not stand above another CA (its path length or key usage "
            "forbids it), so that it cannot cross-sign the next one: set rotation.strategy to Auto "
            "or MultiRoot.",
            needs_person=True,
        )
    elif vault.cross_certificate is None:
        yield Wait(message=_UNSIGNED)


def _list_deaf(view: FleetView) -> Iterator[Wait]:
    """Return the meshes whose istiod takes no second root while it runs."""
    for mesh in view.meshes:
        message = describe_deaf(mesh)
        if message is not None:
            yield replace(_wait_for(mesh, message), needs_person=True)


def _list_unusable(state: RotationStatus, wish: RotationWish, view: FleetView) -> Iterator[Wait]:
    """Return the meshes beneath which no root can be rotated, before anything has changed.

    Distrust of a compromised root does not wait for them.
    """
    if state.stage is not Stage.PREPARE or wish.is_hurried:
        return
    for mesh in view.meshes:
        message = describe_unusable(mesh)
        if message is not None:
            yield replace(_wait_for(mesh, message), needs_person=True)


def _list_restarts(
    state: RotationStatus, wish: RotationWish, view: FleetView, now: datetime
) -> Iterator[Wait]:
    """Return the istiods that are being restarted so that they know their clients as of now."""
    for mesh, ends_at in list_restarting(state, wish, view, now=now):
        message = f"{describe_restarting(mesh)} It goes on at {show_time(ends_at)} without that."
        yield replace(_wait_for(mesh, message), ends_at=ends_at)


def _list_absent(state: RotationStatus, wish: RotationWish, view: FleetView) -> Iterator[Wait]:
    """Return the clusters that depend on the root and do not tell."""
    generation = state.to_generation or 0
    for cluster in state.members:
        if wish.is_excluded(cluster, generation) or not _has_turn(state, wish, cluster):
            continue
        if cluster in view.silent:
            yield Wait(cluster=cluster, message=view.silent[cluster])
        elif cluster not in view.heard:
            yield Wait(
                cluster=cluster,
                needs_person=True,
                message=f"{cluster} depends on the root and is not selected or not registered any "
                "more: bring it back, or if nothing of it is left, take it out by "
                f"`roottrust rotate exclude {cluster}` ({EXCLUDE_ANNOTATION}: "
                f"{generation}/{cluster}).",
            )


def _list_mesh_waits(state: RotationStatus, wish: RotationWish, view: FleetView) -> Iterator[Wait]:
    generation = state.to_generation or 0
    for mesh in view.meshes:
        if wish.is_excluded(mesh.cluster, generation) or mesh.cluster in view.silent:
            continue
        if _has_turn(state, wish, mesh.cluster):
            yield from _find_mesh_wait(state, wish, mesh)


def _has_turn(state: RotationStatus, wish: RotationWish, cluster: str) -> bool:
    """Whether the stage has reached a cluster's wave."""
    return state.stage not in IN_WAVES or wish.find_wave(cluster) <= (state.wave or 0)


def _find_mesh_wait(state: RotationStatus, wish: RotationWish, mesh: MeshView) -> Iterator[Wait]:
    if state.stage is Stage.PREPARE:
        return
    posture = find_posture(state, wave=wish.find_wave(mesh.cluster))
    step = name_step(state, posture)
    if mesh.step != step:
        yield _wait_for(
            mesh,
            f"The IssuedCertificate of {mesh.mesh} is still to be written (if it never is, apply "
            f"crds/ of this version in {mesh.cluster}).",
        )
    elif not (mesh.serves and mesh.has_roots):
        yield _wait_for(mesh, _describe_lack(mesh, state.stage, posture.roots))
    elif mesh.is_crossed and not posture.is_crossed and state.stage is Stage.RETIRE:
        yield _wait_for(mesh, f"istiod of {mesh.mesh} still serves the cross-certificate.")
    elif _needs_leaves(state, wish):
        yield from _find_leaf_wait(mesh, step)


def _describe_lack(mesh: MeshView, stage: Stage | None, roots: tuple[Side, ...]) -> str:
    is_as_before = roots == (Side.PREVIOUS,) and stage is not Stage.NARROW
    if mesh.ability.needs_restart and not is_as_before:
        return f"{mesh.message} {describe_needed_restart(mesh)}"
    return mesh.message


def _needs_leaves(state: RotationStatus, wish: RotationWish) -> bool:
    """Whether each workload has to be known to have a leaf of the step."""
    match state.stage:
        case Stage.CONFIRM | Stage.PROVE:
            return True
        case Stage.DROP:
            return (state.wave or 0) >= len(wish.waves)
        case Stage.RETURN:
            return has_widened(state)
        case _:
            return False


def _find_leaf_wait(mesh: MeshView, step: str) -> Iterator[Wait]:
    found = mesh.evidence
    if found is None or found.step != step:
        yield _wait_for(
            mesh,
            f"Nothing is told of the workloads of {mesh.mesh} yet: see that the operator runs with "
            f"the role cluster in {mesh.cluster}.",
        )
    elif found.since is None:
        yield _wait_for(mesh, f"{mesh.mesh} is not yet seen to serve its roots everywhere.")
    elif found.total:
        until = f" by {show_time(found.ends_at)} at the latest" if found.ends_at else ""
        yield Wait(
            cluster=mesh.cluster,
            mesh=mesh.mesh,
            ends_at=found.ends_at,
            message=f"{count(found.total, 'workload')} of {mesh.mesh} may have a leaf from before "
            f"({list_some(found.first, of=found.total)}): they renew it{until}, or at once when "
            "they are restarted.",
        )


def _list_kubelet_waits(state: RotationStatus, wish: RotationWish, now: datetime) -> Iterator[Wait]:
    """Give kubelets the time to bring the widened roots into pods that mount them.

    By these an agent knows istiod: one that lacks the next root cannot renew once that signs, or
    once nothing leads from it to the previous one any more.
    """
    begun = state.stage_started_at
    is_widened = state.stage is _WIDENED.get(state.strategy or Strategy.AUTO)
    if is_widened and begun is not None and now < begun + wish.kubelet_time:
        ends_at = begun + wish.kubelet_time
        yield Wait(
            message=f"Kubelets have until {show_time(ends_at)} to bring the roots into pods.",
            ends_at=ends_at,
        )


def _wait_for(mesh: MeshView, message: str) -> Wait:
    return Wait(cluster=mesh.cluster, mesh=mesh.mesh, message=message)

"""When a rotation has istiods restarted, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation.evidence import FleetView, MeshView
from roottrust.domain.rotation.wish import RotationWish

# Retire ends without a restart that takes longer: all that workloads need is done by then.
PATIENCE = timedelta(minutes=30)


def restarts_istiod_alone(state: RotationStatus, *, is_deaf: bool) -> bool:
    """Whether a stage restarts istiods alone: workloads have nothing to follow, or do so later.

    `is_deaf` is of a cluster with an istiod that takes changed roots no other way. In Retire it is
    those that knew the root before when they started: by that they know their clients.
    """
    match state.stage:
        case Stage.RETIRE:
            return True
        case Stage.WIDEN:
            return is_deaf and state.strategy is Strategy.MULTI_ROOT
        case Stage.NARROW:
            return is_deaf
        case _:
            return False


def note_forced(view: FleetView, wish: RotationWish) -> FleetView:
    """Return a fleet as it is where a compromised root has all restarted, asked for or not."""
    if not wish.is_hurried:
        return view
    return replace(view, meshes=tuple(replace(each, restarts_pods=True) for each in view.meshes))


def list_restarting(
    state: RotationStatus, wish: RotationWish, view: FleetView, *, now: datetime
) -> Iterator[tuple[MeshView, datetime]]:
    """Return the meshes whose istiods Retire has restarted, and until when it waits for that.

    Where nobody lets it restart them they are told and not waited for.
    """
    begun = state.stage_started_at
    if state.stage is not Stage.RETIRE or begun is None or now >= begun + PATIENCE:
        return
    generation = state.to_generation or 0
    for mesh in view.meshes:
        is_left = mesh.cluster in view.silent or wish.is_excluded(mesh.cluster, generation)
        if mesh.stale_istiods and mesh.restarts_pods and not is_left:
            yield mesh, begun + PATIENCE

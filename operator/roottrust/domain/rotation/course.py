"""How far the rotation of a root has come, and what that makes of a policy's target.

The course is that of the policy that owns the root: whoever shares the root takes it over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.rotation.cluster_step import ClusterStep
from roottrust.domain.rotation.hurry import RESTARTS
from roottrust.domain.rotation.istiod_restart import restarts_istiod_alone
from roottrust.domain.rotation.machine import is_due
from roottrust.domain.rotation.posture import find_posture, name_step
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.rotation.wish import RotationWish
from roottrust.domain.target import ClusterTarget, RootTarget, VaultTarget

_PHASES = {
    Stage.PREPARE: RotationPhase.PREPARE,
    Stage.RETIRE: RotationPhase.RETIRE,
    Stage.NARROW: RotationPhase.RETURN,
}

# Here all is as the workloads' next leaves should be; before, a restart would prove nothing.
_RESTARTS = {
    RotationStrategy.CROSS_SIGNED: frozenset({Stage.WIDEN, Stage.PROVE, Stage.RETURN}),
    RotationStrategy.MULTI_ROOT: frozenset({Stage.CONFIRM, Stage.PROVE, Stage.RETURN}),
}


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is kept of a rotation and what is asked for; `owner` is the policy whose it is.

    `wanted` is the root that the owner's specification asks for, `told` the one that its status
    tells to be in use. `deaf` are the clusters with an istiod that takes changed roots only when it
    is restarted.
    """

    owner: PolicyIdentity
    state: RotationStatus
    wish: RotationWish
    wanted: RootTarget
    told: RotationRoot | None = None
    deaf: frozenset[str] = frozenset()

    @property
    def is_active(self) -> bool:
        """Whether a rotation is under way."""
        return self.state.stage is not None

    @property
    def root(self) -> RotationRoot | None:
        """The root in use, None where no rotation has ever concerned it."""
        if self.is_active:
            return self.state.previous
        return self.state.root or (self.told if is_due(self.state, self.wish) else None)


def follow_course(target: VaultTarget, course: Course, *, is_owner: bool) -> VaultTarget:
    """Return a policy's target as the rotation of its root asks for it now."""
    reference = course.root
    if reference is None:
        return target
    generation = course.state.root_generation or 1
    root = replace(target.root, issuer=reference.issuer, generation=generation)
    if not course.is_active:
        return replace(target, root=root)
    return replace(
        target,
        root=root,
        rotation=_build_target(course, reference, is_owner=is_owner),
        clusters=tuple(_give_steps(target.clusters, course)),
    )


def _build_target(course: Course, previous: RotationRoot, *, is_owner: bool) -> RotationTarget:
    """Return what is asked of Vault; who shares a root only looks for the next one."""
    state = course.state
    phase = _PHASES.get(state.stage, RotationPhase.STAND) if state.stage else RotationPhase.STAND
    return RotationTarget(
        generation=state.to_generation or 0,
        next=course.wanted,
        previous=previous,
        phase=phase if is_owner else RotationPhase.STAND,
        default_issuer=state.default_issuer or "",
        is_compromised=course.wish.is_hurried,
    )


def _give_steps(clusters: tuple[ClusterTarget, ...], course: Course) -> Iterator[ClusterTarget]:
    """Return clusters with their steps; while the next root is prepared, they stay as they are."""
    state = course.state
    for cluster in clusters:
        if state.stage is Stage.PREPARE:
            yield cluster
            continue
        posture = find_posture(state, wave=course.wish.find_wave(cluster.cluster))
        is_deaf = cluster.cluster in course.deaf
        is_istiod_alone = restarts_istiod_alone(state, is_deaf=is_deaf)
        step = ClusterStep(
            name=name_step(state, posture),
            posture=posture,
            cross_certificate=state.cross_certificate if posture.is_crossed else None,
            restarts=is_istiod_alone or _allows_restarts(course, is_deaf=is_deaf),
            forces_restarts=course.wish.is_hurried,
            is_istiod_alone=is_istiod_alone,
        )
        yield replace(cluster, step=step)


def _allows_restarts(course: Course, *, is_deaf: bool) -> bool:
    state = course.state
    if course.wish.is_hurried:
        return state.stage in RESTARTS
    if state.stage is Stage.DROP:
        return is_deaf
    return state.strategy is not None and state.stage in _RESTARTS.get(state.strategy, frozenset())

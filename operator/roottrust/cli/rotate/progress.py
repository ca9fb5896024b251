"""How far a rotation is, by what `roottrust status` knows; pure.

The operator counts an istiod as ready that serves an intermediate of the generation asked for. So
its numbers count once it has seen the edit and Vault's state is known: before, it may go by the
generation before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roottrust.cli.status.report import (
    ConditionReport,
    InstanceReport,
    MeshReport,
    PolicyReport,
)
from roottrust.domain.health import Health
from roottrust.domain.reasons import ConditionType

# What is not told of these holds; it is what the numbers of meshes rest on.
_BASE = (ConditionType.ACCEPTED, ConditionType.VAULT_REACHABLE, ConditionType.VAULT_CONFIGURED)


class Step(StrEnum):
    """How far one istiod, or all of one mesh, is."""

    WAITING = "waiting"
    ISSUED = "issued"
    LOADED = "loaded"


@dataclass(frozen=True, kw_only=True)
class InstanceProgress:
    """One replica of istiod."""

    pod: str
    step: Step
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class MeshProgress:
    """One mesh; `instances` are those that the management cluster tells of."""

    cluster: str
    mesh: str
    ready: int
    total: int
    is_done: bool
    is_faulty: bool
    message: str | None = None
    instances: tuple[InstanceProgress, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RotationProgress:
    """All meshes of a policy; `waits_for` is one sentence, None once nothing is waited for."""

    generation: int
    meshes: tuple[MeshProgress, ...]
    done: int
    total: int
    waits_for: str | None
    is_faulty: bool = False

    @property
    def is_done(self) -> bool:
        """Whether every istiod serves an intermediate of the generation."""
        return self.waits_for is None


def judge_rotation(
    policy: PolicyReport, *, generation: int, clusters: tuple[str, ...] = ()
) -> RotationProgress:
    """Return how far the meshes of a policy are with a generation that was asked for.

    With clusters: those of these alone. What holds up others is then nothing to wait for.
    """
    if clusters:
        return _judge_clusters(policy, frozenset(clusters), generation)
    is_asked = policy.generation >= generation
    is_told = is_asked and not policy.outdated and not find_base_trouble(policy)
    meshes = tuple(_judge_mesh(each, generation, is_told=is_told) for each in policy.meshes)
    done = sum(each.is_done for each in meshes)
    if is_told and policy.meshes_total > len(policy.meshes):
        done = max(done, policy.meshes_ready)  # the status has no room for all of them
    waits_for = _find_wait(policy, meshes) if is_asked else describe_unasked(policy.generation)
    unmet = _find_unmet(policy, *_BASE, ConditionType.CERTIFICATES_ISSUED)
    return RotationProgress(
        generation=generation,
        meshes=meshes,
        done=done,
        total=policy.meshes_total,
        waits_for=waits_for,
        is_faulty=unmet is not None and unmet.health is Health.BAD,
    )


def _judge_clusters(
    policy: PolicyReport, clusters: frozenset[str], generation: int
) -> RotationProgress:
    """Return how far clusters are that are rotated alone; meshes that are not listed are ready."""
    asked = min(find_generation(policy, each) for each in clusters)
    is_asked = asked >= generation
    unmet = find_base_trouble(policy)
    is_told = is_asked and not policy.outdated and unmet is None
    meshes = tuple(
        _judge_mesh(each, generation, is_told=is_told)
        for each in policy.meshes
        if each.cluster in clusters
    )
    late = tuple(each for each in meshes if not each.is_done)
    waits_for = None if is_asked else describe_unasked(asked)
    if waits_for is None and (unmet or policy.outdated or late):
        waits_for = find_base_wait(policy) or _describe_late(late[0])
    return RotationProgress(
        generation=generation,
        meshes=meshes,
        done=len(meshes) - len(late),
        total=len(meshes),
        waits_for=waits_for,
        is_faulty=(unmet is not None and unmet.health is Health.BAD)
        or any(each.is_faulty for each in late),
    )


def find_generation(policy: PolicyReport, cluster: str) -> int:
    """Return the generation that is asked for in a cluster."""
    return max(policy.generation, policy.cluster_generations.get(cluster, 1))


def describe_unasked(generation: int) -> str:
    """Return what is waited for where the policy asks for a lower generation."""
    return (
        f"The policy asks for generation {generation}: the higher one is not applied yet, "
        "or somebody made the policy anew."
    )


def _find_unmet(policy: PolicyReport, *types: ConditionType) -> ConditionReport | None:
    return next((each for each in policy.conditions if each.type in types), None)


def _find_wait(policy: PolicyReport, meshes: tuple[MeshProgress, ...]) -> str | None:
    """Return what is waited for: the operator, Vault, or the first mesh that is not done."""
    base = find_base_wait(policy)
    if base is not None:
        return base
    if policy.meshes_total == 0:
        return None
    issued = _find_unmet(policy, ConditionType.CERTIFICATES_ISSUED)
    if issued is not None:
        return issued.message
    late = next((each for each in meshes if not each.is_done), None)
    return _describe_late(late) if late else None


def find_base_trouble(policy: PolicyReport) -> ConditionReport | None:
    """Return what keeps the operator from knowing or doing anything, if something does."""
    return _find_unmet(policy, *_BASE)


def find_base_wait(policy: PolicyReport) -> str | None:
    """Return what is waited for before anything else counts."""
    if policy.outdated:
        return "The operator has not seen the new generation yet."
    unmet = find_base_trouble(policy)
    return unmet.message if unmet else None


def _describe_late(mesh: MeshProgress) -> str:
    return mesh.message or f"{mesh.mesh} of {mesh.cluster} is not reported as done yet."


def _judge_mesh(mesh: MeshReport, generation: int, *, is_told: bool) -> MeshProgress:
    instances = tuple(_judge_instance(each, generation) for each in mesh.instances or ())
    is_asked = mesh.generation is None or mesh.generation >= generation
    is_complete = 0 < mesh.instances_total <= mesh.instances_ready
    counts = is_told and is_asked
    loaded = sum(each.step is Step.LOADED for each in instances)
    known = loaded if mesh.instances is not None else mesh.instances_ready
    return MeshProgress(
        cluster=mesh.cluster,
        mesh=mesh.mesh,
        ready=min(known, mesh.instances_total) if counts else 0,
        total=mesh.instances_total,
        is_done=counts and is_complete,
        is_faulty=mesh.health is Health.BAD,
        message=mesh.message if counts else None,
        instances=instances,
    )


def _judge_instance(instance: InstanceReport, generation: int) -> InstanceProgress:
    if (instance.generation or 0) < generation:
        step = Step.WAITING
    else:
        step = Step.LOADED if instance.loaded_by_istiod else Step.ISSUED
    return InstanceProgress(pod=instance.pod, step=step, message=instance.message)

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
    """One mesh; `instances` are known where its IssuedCertificate is in the management cluster."""

    cluster: str
    mesh: str
    ready: int
    total: int
    is_done: bool
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


def judge_rotation(policy: PolicyReport, *, generation: int) -> RotationProgress:
    """Return how far the meshes of a policy are with a generation that was asked for."""
    is_asked = policy.generation >= generation
    is_told = is_asked and not policy.outdated and not _find_unmet(policy, *_BASE)
    meshes = tuple(_judge_mesh(each, generation, is_told=is_told) for each in policy.meshes)
    done = sum(each.is_done for each in meshes)
    if is_told and policy.meshes_total > len(policy.meshes):
        done = max(done, policy.meshes_ready)  # the status has no room for all of them
    waits_for = _find_wait(policy, meshes) if is_asked else _describe_unasked(policy)
    unmet = _find_unmet(policy, *_BASE, ConditionType.CERTIFICATES_ISSUED)
    return RotationProgress(
        generation=generation,
        meshes=meshes,
        done=done,
        total=policy.meshes_total,
        waits_for=waits_for,
        is_faulty=unmet is not None and unmet.health is Health.BAD,
    )


def _describe_unasked(policy: PolicyReport) -> str:
    return (
        f"The policy asks for generation {policy.generation}: the higher one is not applied yet, "
        "or somebody made the policy anew."
    )


def _find_unmet(policy: PolicyReport, *types: ConditionType) -> ConditionReport | None:
    return next((each for each in policy.conditions if each.type in types), None)


def _find_wait(policy: PolicyReport, meshes: tuple[MeshProgress, ...]) -> str | None:
    """Return what is waited for: the operator, Vault, or the first mesh that is not done."""
    if policy.outdated:
        return "The operator has not seen the new generation yet."
    unmet = _find_unmet(policy, *_BASE)
    if unmet is not None:
        return unmet.message
    if policy.meshes_total == 0:
        return None
    issued = _find_unmet(policy, ConditionType.CERTIFICATES_ISSUED)
    if issued is not None:
        return issued.message
    late = next((each for each in meshes if not each.is_done), None)
    return f"{late.mesh} of {late.cluster} is not reported as done yet." if late else None


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
        message=mesh.message if counts else None,
        instances=instances,
    )


def _judge_instance(instance: InstanceReport, generation: int) -> InstanceProgress:
    if (instance.generation or 0) < generation:
        step = Step.WAITING
    else:
        step = Step.LOADED if instance.loaded_by_istiod else Step.ISSUED
    return InstanceProgress(pod=instance.pod, step=step, message=instance.message)

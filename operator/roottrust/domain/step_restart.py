"""What a step of a rotation restarts: istiod where it has to be, and workloads that are too old."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.domain.mesh_bounce import MeshRestart, RestartCause
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.old_leaves import CUT
from roottrust.domain.restart_hash import build_step_hash
from roottrust.domain.trust_restart import WorkloadTrust

_SCOPES = {
    RestartCause.STEP_OF_ISTIOD: RestartScope.ISTIOD,
    RestartCause.STEP_OF_CLIENTS: RestartScope.ISTIOD,
    RestartCause.STEP_OF_WORKLOADS: RestartScope.WORKLOADS,
}


def find_step_restart(trust: ObservedTrust, evidence: RotationEvidence) -> MeshRestart | None:
    """Return what is to be restarted for next, None for nothing; each is asked for once."""
    if not trust.restarts_pods:
        return None
    is_old = evidence.since is not None and evidence.total > 0 and not trust.restarts_istiod_alone
    if is_old and RestartScope.WORKLOADS not in evidence.restarts_requested:
        return MeshRestart(
            trust_hash=build_step_hash(evidence.step, RestartScope.WORKLOADS),
            cause=RestartCause.STEP_OF_WORKLOADS,
            created_before=evidence.since + CUT if evidence.since else None,
        )
    cause = _find_cause_of_istiod(trust, evidence)
    if cause is None or RestartScope.ISTIOD in evidence.restarts_requested:
        return None
    return MeshRestart(trust_hash=build_step_hash(evidence.step, RestartScope.ISTIOD), cause=cause)


def _find_cause_of_istiod(trust: ObservedTrust, evidence: RotationEvidence) -> RestartCause | None:
    """Return what istiod is restarted for: for both it is so once."""
    if _is_deaf(trust):
        return RestartCause.STEP_OF_ISTIOD
    is_asked = trust.restarts_istiod_alone and evidence.since is not None
    return RestartCause.STEP_OF_CLIENTS if is_asked and _knows_others(trust) else None


def note_requested(evidence: RotationEvidence, restart: MeshRestart) -> RotationEvidence:
    """Return the evidence once the last directive of a restart is written."""
    requested = (*evidence.restarts_requested, _SCOPES[restart.cause])
    return evidence.model_copy(update={"restarts_requested": requested})


def note_step(
    trust: ObservedTrust, known: WorkloadTrust, evidence: RotationEvidence
) -> WorkloadTrust:
    """Return what workloads count as restarted for in a rotation, which tells itself who is late.

    All that have followed a step know its roots; and who knew more roots knows those of them that
    are left.
    """
    known = replace(known, stale=None)
    roots = trust.root_fingerprints
    if evidence.since is None or not roots or not trust.is_as_pinned:
        return known
    if evidence.total == 0 or set(roots) <= set(known.restarted_for):
        return replace(known, restarted_for=roots)
    return known


def _knows_others(trust: ObservedTrust) -> bool:
    """Whether an istiod that serves the step has started with other roots."""
    return trust.step is not None and bool(trust.step.stale)


def _is_deaf(trust: ObservedTrust) -> bool:
    """Whether istiod has other roots from its agents than it publishes, and takes none unasked."""
    return (
        trust.istiod.ability.needs_restart
        and trust.step is not None
        and trust.step.is_held_by(trust.istiod.wanted)
        and not trust.is_as_pinned
    )

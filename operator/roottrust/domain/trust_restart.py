"""When a mesh asks for restarts: its trust has changed since its workloads were restarted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.api.mesh import MeshStatus
from roottrust.api.restart_request import RestartRequest
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.mesh_bounce import MeshRestart, RestartCause
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.restart_hash import build_issuance_hash
from roottrust.domain.stale_workloads import RootChange


@dataclass(frozen=True, kw_only=True)
class WorkloadTrust:
    """What workloads were last restarted for, as the status of their Mesh keeps it.

    `stale` are those that may still have the roots before.
    """

    restarted_for: tuple[str, ...] = ()
    generation: int | None = None
    stale: StaleWorkloads | None = None


def read_workload_trust(status: MeshStatus | None) -> WorkloadTrust:
    """Return what a status keeps."""
    if status is None:
        return WorkloadTrust()
    return WorkloadTrust(
        restarted_for=status.restarted_for,
        generation=status.restarted_for_generation,
        stale=status.stale_workloads,
    )


def see_first(trust: ObservedTrust, known: WorkloadTrust) -> WorkloadTrust:
    """Return what counts as restarted for: at first sight what is there is right.

    Without that, the first look at a mesh that has always been as it is would restart it. While
    nobody asks for restarts at an issuance, each one passes, and one that comes with the question
    does not.
    """
    passes = (
        known.generation is None
        or not trust.restarts_on_issuance
        or (trust.generation is not None and trust.generation < known.generation)
    )
    generation = known.generation if trust.generation is None or not passes else trust.generation
    return replace(
        known,
        restarted_for=known.restarted_for or trust.root_fingerprints,
        generation=generation,
    )


def find_restart(trust: ObservedTrust, known: WorkloadTrust) -> MeshRestart | None:
    """Return what is to be restarted for next, None for nothing: changed roots go first.

    While a rotation is under way, its steps say what is restarted, and all else waits.
    """
    if not trust.restarts_pods or trust.pinned is None or trust.step is not None:
        return None
    if is_restart_due(trust, known.restarted_for):
        since = trust.published.written_at if trust.published else None
        return MeshRestart(trust_hash=trust.pinned, cause=RestartCause.ROOTS, since=since)
    if _is_issuance_due(trust, known.generation):
        trust_hash = build_issuance_hash(trust.pinned, trust.generation)
        return MeshRestart(trust_hash=trust_hash, cause=RestartCause.ISSUANCE)
    return None


def is_restart_due(trust: ObservedTrust, restarted_for: tuple[str, ...]) -> bool:
    """Whether workloads may have other roots than those that istiod now publishes as pinned.

    The roots themselves count: another text of the same ones changes nothing for a workload.
    """
    return (
        trust.is_as_pinned
        and bool(restarted_for)
        and frozenset(restarted_for) != frozenset(trust.root_fingerprints)
    )


def _is_issuance_due(trust: ObservedTrust, generation: int | None) -> bool:
    """Whether a generation was raised since, and every istiod signs by it under pinned roots.

    A generation is raised by a person; no restart of an istiod, of the operator, and no renewal
    before an intermediate's end changes it. So what is restarted here can bring about no other one.
    """
    return (
        trust.restarts_on_issuance
        and trust.is_as_pinned
        and trust.is_generation_served
        and generation is not None
        and trust.generation is not None
        and trust.generation > generation
    )


def note_written(
    trust: ObservedTrust,
    known: WorkloadTrust,
    restart: MeshRestart,
    *,
    request: RestartRequest | None,
) -> WorkloadTrust:
    """Return what counts once the last directive of a restart is written.

    If all of it was one `request`, and every istiod served a generation by then, it is for that,
    too.
    """
    if restart.cause is RestartCause.ISSUANCE:
        return replace(known, generation=trust.generation)
    is_whole = request is not None and request.trust_hash == restart.trust_hash
    served = request.intermediate_generation if request is not None and is_whole else None
    return replace(
        known,
        restarted_for=trust.root_fingerprints,
        generation=known.generation if served is None else served,
    )


def note_stale(
    known: WorkloadTrust, change: RootChange | None, stale: StaleWorkloads | None
) -> WorkloadTrust:
    """Return what counts after a look at pods: a change that all have followed is over."""
    if change is None or stale is not None:
        return replace(known, stale=stale)
    return replace(known, stale=None, restarted_for=change.roots)

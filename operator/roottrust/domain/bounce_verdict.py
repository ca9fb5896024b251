"""How far one workload has come, seen by itself: whether it may be restarted is for the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.api.choices import WorkloadState
from roottrust.api.pod_bounce_directive import BouncedWorkload
from roottrust.domain.bounce_snapshot import BounceSnapshot
from roottrust.domain.bounced_workload import TRUST_HASH_ANNOTATION, Workload, WorkloadKind
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.eviction import find_eviction, find_eviction_hindrance
from roottrust.domain.reasons import Reason

# As long as a Deployment has by default until its own deadline.
STALL = timedelta(minutes=10)

_Progress = tuple[WorkloadState, Reason, str]

_HELD = {
    Reason.ROLLOUT_PAUSED: "its rollout is paused: resume it (kubectl rollout resume)",
    Reason.ROLLOUT_PARTITIONED: "its partition keeps pods from being replaced: set it to 0",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One workload of a directive, and the sentence that follows its name, if there is one.

    `may_start` is whether nothing of its own keeps it from being restarted now.
    """

    workload: Workload
    state: WorkloadState
    reason: Reason
    message: str = ""
    started_at: datetime | None = None
    progressed_at: datetime | None = None
    may_start: bool = False


def judge_workload(workload: Workload, snapshot: BounceSnapshot) -> Verdict:
    """Return how far it has come; what was done stays so, however its pods are later."""
    before = snapshot.before.get(workload.name)
    if before is not None and before.state is WorkloadState.DONE:
        return _judge_done(workload, before)
    if workload.trust_hash in {snapshot.trust_hash, *snapshot.later_hashes}:
        return _judge_started(workload, before, snapshot.now)
    if before is not None and before.started_at is not None:
        return _judge_undone(workload, before)
    return _judge_waiting(workload)


def _judge_done(workload: Workload, before: BouncedWorkload | None) -> Verdict:
    return Verdict(
        workload=workload,
        state=WorkloadState.DONE,
        reason=Reason.RESTARTED,
        started_at=before.started_at if before else None,
        progressed_at=before.progressed_at if before else None,
    )


def _judge_started(workload: Workload, before: BouncedWorkload | None, now: datetime) -> Verdict:
    if workload.rollout.is_complete:
        return _judge_done(workload, before)
    progress = _judge_hindrance(workload)
    progressed_at = None if progress else _find_progress(workload, before, now)
    state, reason, message = progress or _judge_progress(workload, now, progressed_at or now)
    return Verdict(
        workload=workload,
        state=state,
        reason=reason,
        message=message,
        started_at=(before.started_at if before else None) or now,
        progressed_at=progressed_at,
    )


def _judge_hindrance(workload: Workload) -> _Progress | None:
    """Return what is waited for where the rollout itself has nothing to do: no time runs then."""
    hold, counts = workload.rollout.hold, _count_pods(workload)
    if hold is not None:
        return WorkloadState.RESTARTING, hold, f"{counts}; {_HELD[hold]}."
    hindrance = find_eviction_hindrance(workload)
    if hindrance is not None:
        return WorkloadState.RESTARTING, Reason.BUDGET_EXHAUSTED, f"{counts}; {hindrance}."
    if find_eviction(workload) is not None:
        return WorkloadState.RESTARTING, Reason.RESTARTING, f"{counts}."
    return None


def _find_progress(workload: Workload, before: BouncedWorkload | None, now: datetime) -> datetime:
    """Return when it last came on; what cannot be known is now, so that nobody is blamed early."""
    if before is None or before.progressed_at is None:
        return now
    if workload.renewed > (before.ready or 0):
        return now
    return min(before.progressed_at, now)


def _judge_progress(workload: Workload, now: datetime, progressed_at: datetime) -> _Progress:
    counts = _count_pods(workload)
    if workload.rollout.has_failed:
        message = f"Its rollout has failed: {counts}; look at its pods."
        return WorkloadState.FAILED, Reason.ROLLOUT_FAILED, message
    since = now - progressed_at
    # A Deployment has a deadline of its own, which a person may have set to longer than ours.
    if since >= STALL and workload.name.kind != WorkloadKind.DEPLOYMENT:
        minutes = int(STALL.total_seconds() // 60)
        message = (
            f"Its rollout has stood still for more than {minutes} min: {counts}; look at its pods."
        )
        return WorkloadState.FAILED, Reason.ROLLOUT_STALLED, message
    return WorkloadState.RESTARTING, Reason.RESTARTING, f"{counts}."


def _count_pods(workload: Workload) -> str:
    return f"{workload.renewed} of {workload.rollout.wanted} pods are new and ready"


def _judge_undone(workload: Workload, before: BouncedWorkload) -> Verdict:
    return Verdict(
        workload=workload,
        state=WorkloadState.FAILED,
        reason=Reason.RESTART_UNDONE,
        message=(
            f"Somebody took the annotation {TRUST_HASH_ANNOTATION} off its template of pods, or "
            "changed it, which stopped its restart: find out who, then delete this directive and "
            "create it again."
        ),
        started_at=before.started_at,
        progressed_at=before.progressed_at,
    )


def _judge_waiting(workload: Workload) -> Verdict:
    hold, budget = workload.rollout.hold, workload.budget
    if hold is not None:
        return _wait(workload, hold, f"Not restarted: {_HELD[hold]}.")
    if budget is not None and workload.rollout.may_miss > budget.allowed:
        return _wait(workload, Reason.BUDGET_EXHAUSTED, _advise_on_budget(workload, budget))
    return _wait(workload, Reason.WAITING_FOR_TURN, may_start=True)


def _advise_on_budget(workload: Workload, budget: Budget) -> str:
    pods = workload.rollout.may_miss
    return (
        f"Not restarted: its rollout takes {pods} pod{'s' if pods > 1 else ''} away at once, and "
        f"PodDisruptionBudget {budget.name} allows {budget.allowed} now: see to its pods, or let "
        "the rollout surge (maxUnavailable: 0)."
    )


def _wait(
    workload: Workload, reason: Reason, message: str = "", *, may_start: bool = False
) -> Verdict:
    return Verdict(
        workload=workload,
        state=WorkloadState.WAITING,
        reason=reason,
        message=message,
        may_start=may_start,
    )

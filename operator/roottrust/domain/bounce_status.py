"""The status of a PodBounceDirective, and what of it is worth an Event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from roottrust.api.choices import BounceState, ConditionStatus, WorkloadState
from roottrust.api.pod_bounce_directive import (
    WORKLOADS_MAX,
    BouncedWorkload,
    PodBounceDirectiveStatus,
)
from roottrust.domain.bounce_plan import BouncePlan
from roottrust.domain.bounce_verdict import Verdict
from roottrust.domain.condition_judgement import (
    Judgement,
    build_conditions,
    build_false,
    build_true,
)
from roottrust.domain.pod_owner import LeftAlone
from roottrust.domain.reasons import BounceConditionType, Reason
from roottrust.domain.some_names import list_some
from roottrust.domain.transition import Transition

_ORDER = (
    WorkloadState.FAILED,
    WorkloadState.RESTARTING,
    WorkloadState.WAITING,
    WorkloadState.SKIPPED,
    WorkloadState.DONE,
)
_TOLD = (BounceConditionType.ACCEPTED, BounceConditionType.COMPLETE)
_SELF_EVIDENT = frozenset({Reason.ACCEPTED, Reason.NOT_ACCEPTED, Reason.WAITING_FOR_TURN})
_ACCEPTED = build_true(BounceConditionType.ACCEPTED, Reason.ACCEPTED, "The directive is obeyed.")


def build_bounce_status(
    plan: BouncePlan,
    *,
    trust_hash: str,
    before: PodBounceDirectiveStatus | None,
    generation: int,
    now: datetime,
) -> PodBounceDirectiveStatus:
    """Return the whole status of a directive that is obeyed."""
    complete = _judge_complete(plan)
    judgements = (_ACCEPTED, complete, *_judge_progress(plan, complete))
    done = sum(each.state is WorkloadState.DONE for each in plan.verdicts)
    return PodBounceDirectiveStatus(
        observed_generation=generation,
        state=_find_state(plan),
        message=complete.message,
        trust_hash=trust_hash,
        done=done,
        total=len(plan.verdicts),
        workloads=_list_workloads(plan),
        conditions=build_conditions(
            judgements, before.conditions if before else (), generation=generation, now=now
        ),
    )


def build_refusal(
    *,
    reason: Reason,
    message: str,
    before: PodBounceDirectiveStatus | None,
    generation: int,
    now: datetime,
) -> PodBounceDirectiveStatus:
    """Return the status of a directive that is not obeyed."""
    judgements = (
        build_false(BounceConditionType.ACCEPTED, reason, message),
        build_false(
            BounceConditionType.COMPLETE, Reason.NOT_ACCEPTED, "Nothing is restarted for it."
        ),
        build_true(BounceConditionType.STALLED, reason, message),
    )
    return PodBounceDirectiveStatus(
        observed_generation=generation,
        state=BounceState.FAILED,
        message=message,
        conditions=build_conditions(
            judgements, before.conditions if before else (), generation=generation, now=now
        ),
    )


def build_interruption(
    before: PodBounceDirectiveStatus | None,
    *,
    reason: Reason,
    message: str,
    generation: int,
    now: datetime,
) -> PodBounceDirectiveStatus:
    """Return the status of a directive that cannot go on, with what was known of its workloads."""
    known = before or PodBounceDirectiveStatus()
    judgements = (
        _ACCEPTED,
        build_false(BounceConditionType.COMPLETE, reason, message),
        build_true(BounceConditionType.STALLED, reason, message),
    )
    return PodBounceDirectiveStatus(
        observed_generation=generation,
        state=BounceState.FAILED,
        message=message,
        trust_hash=known.trust_hash,
        done=known.done,
        total=known.total,
        workloads=known.workloads,
        conditions=build_conditions(judgements, known.conditions, generation=generation, now=now),
    )


def is_settled(status: PodBounceDirectiveStatus, *, trust_hash: str, generation: int) -> bool:
    """Whether a directive has been carried out as it is written, and needs no look any more."""
    return (
        status.state is BounceState.FINISHED
        and status.observed_generation == generation
        and status.trust_hash == trust_hash
    )


def list_bounce_transitions(
    before: PodBounceDirectiveStatus | None, after: PodBounceDirectiveStatus
) -> tuple[Transition, ...]:
    """Return the conditions whose reason is another than before, as far as they are news."""
    known = {each.type: each.reason for each in before.conditions} if before else {}
    return tuple(
        Transition(
            reason=each.reason,
            message=each.message,
            is_normal=each.status is ConditionStatus.TRUE
            or each.reason in {Reason.RESTARTING, Reason.WAITING_FOR_ROOTS},
        )
        for each in after.conditions
        if each.type in _TOLD
        and each.reason not in _SELF_EVIDENT
        and known.get(each.type) != each.reason
    )


def _find_state(plan: BouncePlan) -> BounceState:
    if plan.failed:
        return BounceState.FAILED
    if plan.is_finished:
        return BounceState.FINISHED
    has_begun = any(each.state is not WorkloadState.WAITING for each in plan.verdicts)
    return BounceState.RESTARTING if has_begun else BounceState.PENDING


def _judge_complete(plan: BouncePlan) -> Judgement:
    kind = BounceConditionType.COMPLETE
    if plan.failed:
        first = plan.failed[0]
        message = f"{first.workload.name}: {first.message} Nothing else is restarted meanwhile."
        return build_false(kind, first.reason, message)
    if plan.is_finished:
        return _judge_finished(plan)
    running = [each for each in plan.verdicts if each.state is WorkloadState.RESTARTING]
    going = [each for each in running if each.reason is Reason.RESTARTING]
    if going:
        return build_false(kind, Reason.RESTARTING, _name_running(going))
    if plan.wait is not None:
        return build_false(kind, plan.wait.reason, plan.wait.message)
    unfinished = (each for each in plan.verdicts if each.state is not WorkloadState.DONE)
    held = running or [next(unfinished)]
    message = f"{held[0].workload.name}: {held[0].message}"
    return build_false(kind, held[0].reason, message)


def _judge_finished(plan: BouncePlan) -> Judgement:
    kind, count = BounceConditionType.COMPLETE, len(plan.verdicts)
    left = len(plan.left_alone)
    beside = f" Left alone{' beside them' if count else ''}: {left}, see workloads." if left else ""
    if count == 0:
        message = f"No workload has these labels: nothing is to be restarted.{beside}"
        return build_true(kind, Reason.NOTHING_SELECTED, message)
    what = "1 workload is" if count == 1 else f"{count} workloads are"
    return build_true(kind, Reason.COMPLETE, f"{what} restarted.{beside}")


def _name_running(running: Sequence[Verdict]) -> str:
    names = [
        f"{each.workload.name} ({each.workload.renewed}/{each.workload.rollout.wanted})"
        for each in running
    ]
    return f"{list_some(names)} {'is' if len(names) == 1 else 'are'} being restarted."


def _judge_progress(plan: BouncePlan, complete: Judgement) -> tuple[Judgement, ...]:
    """Say how it goes on in the words that GitOps tools read."""
    if complete.is_true:
        return ()
    if plan.failed:
        return (build_true(BounceConditionType.STALLED, complete.reason, complete.message),)
    return (build_true(BounceConditionType.RECONCILING, complete.reason, complete.message),)


def _list_workloads(plan: BouncePlan) -> tuple[BouncedWorkload, ...]:
    entries = [*map(_show_verdict, plan.verdicts), *map(_show_left_alone, plan.left_alone)]
    # The sort is stable: within a state they stay in the order in which they are restarted.
    entries.sort(key=lambda each: _ORDER.index(each.state))
    return tuple(entries[:WORKLOADS_MAX])


def _show_verdict(verdict: Verdict) -> BouncedWorkload:
    workload, name = verdict.workload, verdict.workload.name
    return BouncedWorkload(
        namespace=name.namespace,
        kind=name.kind,
        name=name.name,
        state=verdict.state,
        reason=verdict.reason,
        # Hundreds of them have nothing to say beyond their reason.
        message=verdict.message or None,
        ready=None if verdict.state is WorkloadState.WAITING else workload.renewed,
        wanted=workload.rollout.wanted,
        started_at=verdict.started_at,
        progressed_at=verdict.progressed_at,
    )


def _show_left_alone(left: LeftAlone) -> BouncedWorkload:
    return BouncedWorkload(
        namespace=left.name.namespace,
        kind=left.name.kind,
        name=left.name.name,
        state=WorkloadState.SKIPPED,
        reason=left.reason,
        message=left.message,
    )

"""What a PodBounceDirective does next: few rollouts at once, in order; one that fails stops it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from roottrust.api.choices import WorkloadState
from roottrust.domain.bounce_snapshot import BounceSnapshot, Group
from roottrust.domain.bounce_verdict import Verdict, judge_workload
from roottrust.domain.bounced_workload import Rank, WorkloadName
from roottrust.domain.eviction import find_eviction
from roottrust.domain.pod_owner import LeftAlone
from roottrust.domain.reasons import Reason

# Each new pod asks istiod for a certificate: more at once stall it (istio-csr#217).
ROLLOUTS_AT_ONCE = 3


@dataclass(frozen=True, kw_only=True)
class StartRestart:
    """Write the trust hash on the template of that very workload's pods."""

    workload: WorkloadName
    uid: str
    trust_hash: str


@dataclass(frozen=True, kw_only=True)
class EvictPod:
    """Evict that very pod of a workload that replaces none by itself."""

    workload: WorkloadName
    pod: str
    uid: str


Action = StartRestart | EvictPod


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What the directive as a whole waits for."""

    reason: Reason
    message: str


@dataclass(frozen=True, kw_only=True)
class BouncePlan:
    """What to do now, and how everything stands once that is done.

    `wait` is what keeps the next ones from being restarted though nothing failed.
    """

    actions: tuple[Action, ...]
    verdicts: tuple[Verdict, ...]
    left_alone: tuple[LeftAlone, ...]
    wait: Wait | None

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Those that stop the wave."""
        return tuple(each for each in self.verdicts if each.state is WorkloadState.FAILED)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be done or waited for."""
        return self.wait is None and all(each.state is WorkloadState.DONE for each in self.verdicts)


# The number of a group, the rank, and those of that group who have it.
_Stage = tuple[tuple[int, Rank], tuple[Verdict, ...]]


@dataclass(frozen=True, kw_only=True)
class _Step:
    """What the walk through the groups came to: who may start, or what is waited for."""

    ready: tuple[Verdict, ...] = ()
    wait: Wait | None = None


def plan_bounce(snapshot: BounceSnapshot) -> BouncePlan:
    """Return what is done next; planning after applying returns no actions."""
    stages = _build_stages(snapshot)
    verdicts = tuple(verdict for _, found in stages for verdict in found)
    step = _walk(snapshot.groups, stages)
    if any(each.state is WorkloadState.FAILED for each in verdicts):
        return _build(snapshot, verdicts, actions=(), wait=step.wait)
    running = sum(each.state is WorkloadState.RESTARTING for each in verdicts)
    starting = step.ready[: max(ROLLOUTS_AT_ONCE - running, 0)]
    started = {each.workload.name: _start(each, snapshot) for each in starting}
    actions: tuple[Action, ...] = (
        *(_build_start(each, snapshot.trust_hash) for each in starting),
        *_plan_evictions(verdicts),
    )
    after = tuple(started.get(each.workload.name, each) for each in verdicts)
    return _build(snapshot, after, actions=actions, wait=step.wait)


def _build_stages(snapshot: BounceSnapshot) -> tuple[_Stage, ...]:
    """Return the workloads in their order; of two groups with the same one the first counts."""
    found: dict[WorkloadName, tuple[int, Verdict]] = {}
    for number, group in enumerate(snapshot.groups):
        for workload in group.workloads:
            if workload.name not in found:
                found[workload.name] = (number, judge_workload(workload, snapshot))

    def get_stage(item: tuple[int, Verdict]) -> tuple[int, Rank]:
        return item[0], item[1].workload.rank

    order = sorted(found.values(), key=lambda item: (*get_stage(item), item[1].workload.name))
    return tuple(
        (stage, tuple(verdict for _, verdict in items))
        for stage, items in groupby(order, key=get_stage)
    )


def _walk(groups: Sequence[Group], stages: Sequence[_Stage]) -> _Step:
    """Go through the groups as far as everything is done."""
    for number, group in enumerate(groups):
        for (of_group, rank), verdicts in stages:
            if of_group == number and not all(map(_is_done, verdicts)):
                return _begin_stage(group, rank, verdicts)
        if group.ready_pods < group.wait_for_replicas:
            return _Step(wait=_wait_for_replicas(group))
    return _Step()


def _begin_stage(group: Group, rank: Rank, verdicts: Sequence[Verdict]) -> _Step:
    """Let a stage begin; istiod does not wait for roots that only it can publish."""
    ready = tuple(each for each in verdicts if each.may_start)
    if ready and rank > Rank.ISTIOD and group.waits_for_roots is not None:
        message = f"{group.waits_for_roots} does not have the roots yet: istiod publishes them."
        return _Step(wait=Wait(reason=Reason.WAITING_FOR_ROOTS, message=message))
    return _Step(ready=ready)


def _wait_for_replicas(group: Group) -> Wait:
    message = (
        f"{group.ready_pods} of {group.wait_for_replicas} replicas are ready again "
        "(waitForReplicas): look at the pods."
    )
    return Wait(reason=Reason.WAITING_FOR_REPLICAS, message=message)


def _plan_evictions(verdicts: Sequence[Verdict]) -> Iterator[EvictPod]:
    for verdict in verdicts:
        if verdict.state is WorkloadState.RESTARTING:
            pod = find_eviction(verdict.workload)
            if pod is not None:
                yield EvictPod(workload=verdict.workload.name, pod=pod.name, uid=pod.uid)


def _build_start(verdict: Verdict, trust_hash: str) -> StartRestart:
    workload = verdict.workload
    return StartRestart(workload=workload.name, uid=workload.uid, trust_hash=trust_hash)


def _start(verdict: Verdict, snapshot: BounceSnapshot) -> Verdict:
    """Return how a workload stands whose restart has just been started."""
    wanted = verdict.workload.rollout.wanted
    rollout = replace(verdict.workload.rollout, is_seen=False, is_complete=False)
    return replace(
        verdict,
        workload=replace(verdict.workload, rollout=rollout, trust_hash=snapshot.trust_hash),
        state=WorkloadState.RESTARTING,
        reason=Reason.RESTARTING,
        message=f"0 of {wanted} pods are new and ready.",
        started_at=snapshot.now,
        progressed_at=snapshot.now,
        may_start=False,
    )


def _is_done(verdict: Verdict) -> bool:
    return verdict.state is WorkloadState.DONE


def _build(
    snapshot: BounceSnapshot,
    verdicts: tuple[Verdict, ...],
    *,
    actions: tuple[Action, ...],
    wait: Wait | None,
) -> BouncePlan:
    left = {each.name: each for group in snapshot.groups for each in group.left_alone}
    return BouncePlan(
        actions=actions, verdicts=verdicts, left_alone=tuple(left.values()), wait=wait
    )

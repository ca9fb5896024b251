"""What holds for every directive and every state of its workloads, and along its whole way."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.choices import WorkloadState
from roottrust.api.pod_bounce_directive import BouncedWorkload, PodBounceDirectiveStatus
from roottrust.domain.bounce_plan import (
    ROLLOUTS_AT_ONCE,
    BouncePlan,
    EvictPod,
    StartRestart,
    plan_bounce,
)
from roottrust.domain.bounce_snapshot import BounceSnapshot, Group
from roottrust.domain.bounce_status import build_bounce_status
from roottrust.domain.bounced_workload import BouncedPod, Rank, Workload, WorkloadName
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.reasons import Reason
from roottrust.domain.rollout import Rollout
from tests.unit.domain.bounces import HASH, LATER, NOW, OLD, apply, build_entry, build_snapshot

HASHES = st.sampled_from([None, HASH, OLD, LATER])
TIMES = st.none() | st.datetimes(timezones=st.just(NOW.tzinfo))


def _fail_as_deployments_do(rollout: Rollout) -> Rollout:
    """Only a Deployment tells that its rollout has failed, and none is OnDelete."""
    return replace(rollout, has_failed=rollout.has_failed and not rollout.is_on_delete)


pods = st.builds(
    BouncedPod,
    name=st.sampled_from([f"pod-{number}" for number in range(6)]),
    uid=st.just("uid"),
    trust_hash=HASHES,
    is_ready=st.booleans(),
    is_leaving=st.booleans(),
)
rollouts = st.builds(
    Rollout,
    wanted=st.integers(0, 3),
    is_seen=st.booleans(),
    is_complete=st.booleans(),
    hold=st.sampled_from([None, None, Reason.ROLLOUT_PAUSED, Reason.ROLLOUT_PARTITIONED]),
    has_failed=st.booleans(),
    is_on_delete=st.booleans(),
    may_miss=st.integers(0, 2),
).map(_fail_as_deployments_do)
names = st.builds(
    WorkloadName,
    namespace=st.just("bookinfo"),
    kind=st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]),
    name=st.sampled_from("abcdef"),
)
workloads = st.builds(
    Workload,
    name=names,
    uid=st.just("uid"),
    rank=st.sampled_from(Rank),
    trust_hash=HASHES,
    rollout=rollouts,
    pods=st.lists(pods, max_size=3, unique_by=lambda pod: pod.name).map(tuple),
    budget=st.none()
    | st.builds(Budget, name=st.just("budget"), allowed=st.integers(0, 2), is_shared=st.booleans()),
)
groups = st.builds(
    Group,
    workloads=st.lists(workloads, max_size=5, unique_by=lambda each: each.name).map(tuple),
    ready_pods=st.integers(0, 2),
    wait_for_replicas=st.integers(0, 2),
    waits_for_roots=st.sampled_from([None, "ConfigMap a/b"]),
)
entries = st.builds(
    lambda name, state, started, progressed: build_entry(
        name, state=state, started_at=started, progressed_at=progressed
    ),
    st.sampled_from("abcdef"),
    st.sampled_from(WorkloadState),
    TIMES,
    TIMES,
)
snapshots = st.builds(
    BounceSnapshot,
    groups=st.lists(groups, max_size=3).map(tuple),
    trust_hash=st.just(HASH),
    now=st.just(NOW),
    later_hashes=st.sampled_from([frozenset(), frozenset({LATER})]),
    before=st.lists(entries, max_size=3).map(
        lambda all_: {k: v for e in all_ for k, v in e.items()}
    ),
)


def tell(plan: BouncePlan) -> PodBounceDirectiveStatus:
    return build_bounce_status(plan, trust_hash=HASH, before=None, generation=1, now=NOW)


def remember(plan: BouncePlan) -> dict[WorkloadName, BouncedWorkload]:
    return {
        WorkloadName(namespace=each.namespace, kind=each.kind, name=each.name): each
        for each in tell(plan).workloads
    }


def list_started(plan: BouncePlan) -> list[StartRestart]:
    return [each for each in plan.actions if isinstance(each, StartRestart)]


@given(snapshots)
def test_planning_after_applying_is_empty_and_the_status_stays(snapshot: BounceSnapshot) -> None:
    plan = plan_bounce(snapshot)
    after = replace(apply(snapshot, plan.actions), before=remember(plan))
    again = plan_bounce(after)
    assert again.actions == ()
    assert [each.state for each in again.verdicts] == [each.state for each in plan.verdicts]


@given(snapshots)
def test_without_what_the_status_said_nothing_is_done_twice(snapshot: BounceSnapshot) -> None:
    blank = replace(snapshot, before={})
    plan = plan_bounce(blank)
    assert plan_bounce(apply(blank, plan.actions)).actions == ()


@given(snapshots)
def test_no_more_than_a_few_are_restarted_at_once(snapshot: BounceSnapshot) -> None:
    plan = plan_bounce(snapshot)
    running = sum(each.state is WorkloadState.RESTARTING for each in plan.verdicts)
    assert not list_started(plan) or running <= ROLLOUTS_AT_ONCE


@given(snapshots)
def test_what_has_the_hash_is_held_or_failed_is_never_started(snapshot: BounceSnapshot) -> None:
    known: dict[WorkloadName, Workload] = {}
    for group in reversed(snapshot.groups):
        known |= {each.name: each for each in group.workloads}
    plan = plan_bounce(snapshot)
    for action in list_started(plan):
        workload = known[action.workload]
        assert workload.trust_hash not in {HASH, *snapshot.later_hashes}
        assert workload.rollout.hold is None
        assert workload.budget is None or workload.rollout.may_miss <= workload.budget.allowed
    if plan.failed:
        assert plan.actions == ()
    for each in plan.actions:
        if isinstance(each, EvictPod):
            budget = known[each.workload].budget
            assert budget is None or (budget.allowed > 0 and not budget.is_shared)


@given(snapshots)
def test_the_order_holds(snapshot: BounceSnapshot) -> None:
    """Whoever starts has nobody before it that is not done, but for those of its own rank."""
    stages: dict[WorkloadName, tuple[int, Rank]] = {}
    for number, group in reversed(list(enumerate(snapshot.groups))):
        stages |= {each.name: (number, each.rank) for each in group.workloads}
    plan = plan_bounce(snapshot)
    for action in list_started(plan):
        number, rank = stages[action.workload]
        assert rank is Rank.ISTIOD or snapshot.groups[number].waits_for_roots is None
        for verdict in plan.verdicts:
            if stages[verdict.workload.name] < (number, rank):
                assert verdict.state is WorkloadState.DONE


@given(snapshots)
def test_the_status_counts_what_was_selected(snapshot: BounceSnapshot) -> None:
    plan = plan_bounce(snapshot)
    status = tell(plan)
    assert status.total == len({each.name for group in snapshot.groups for each in group.workloads})
    assert status.message
    assert plan.is_finished == (status.state == "FINISHED")


def roll_out(snapshot: BounceSnapshot) -> BounceSnapshot:
    """Return what controllers make of it: they replace pods, where they do it by themselves."""

    def advance(workload: Workload) -> Workload:
        fresh = tuple(
            replace(pod, trust_hash=workload.trust_hash, is_leaving=False, is_ready=True)
            if pod.is_leaving or not workload.rollout.is_on_delete
            else pod
            for pod in workload.pods
        )
        is_complete = all(pod.trust_hash == workload.trust_hash for pod in fresh)
        rollout = replace(workload.rollout, is_seen=True, is_complete=is_complete)
        return replace(workload, pods=fresh, rollout=rollout)

    return replace(
        snapshot,
        groups=tuple(
            replace(group, workloads=tuple(map(advance, group.workloads)))
            for group in snapshot.groups
        ),
    )


def calm(workload: Workload) -> Workload:
    """Return a workload that nothing keeps from being restarted."""
    rollout = replace(
        workload.rollout, hold=None, has_failed=False, wanted=len(workload.pods), may_miss=0
    )
    ready = tuple(replace(pod, is_ready=True) for pod in workload.pods)
    return replace(workload, budget=None, rollout=rollout, pods=ready)


@given(st.lists(groups, max_size=3))
def test_where_nothing_is_in_the_way_everything_is_restarted_once(found: list[Group]) -> None:
    snapshot = build_snapshot(
        *(
            replace(
                group,
                workloads=tuple(map(calm, group.workloads)),
                wait_for_replicas=0,
                waits_for_roots=None,
            )
            for group in found
        )
    )
    started: list[WorkloadName] = []
    for _ in range(200):
        plan = plan_bounce(snapshot)
        if plan.is_finished:
            break
        started += [each.workload for each in list_started(plan)]
        snapshot = roll_out(apply(snapshot, plan.actions))
    assert plan.is_finished
    assert len(started) == len(set(started))

from __future__ import annotations

from datetime import timedelta

import pytest

from roottrust.api.choices import WorkloadState
from roottrust.domain.bounce_plan import (
    ROLLOUTS_AT_ONCE,
    BouncePlan,
    EvictPod,
    StartRestart,
    plan_bounce,
)
from roottrust.domain.bounce_verdict import STALL
from roottrust.domain.bounced_workload import Rank, Workload
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.reasons import Reason
from tests.unit.domain.bounces import (
    HASH,
    LATER,
    NOW,
    OLD,
    build_entry,
    build_group,
    build_pod,
    build_snapshot,
    build_workload,
)

TEN = NOW - STALL


def list_started(plan: BouncePlan) -> list[str]:
    return [each.workload.name for each in plan.actions if isinstance(each, StartRestart)]


def get_states(plan: BouncePlan) -> dict[str, tuple[WorkloadState, Reason]]:
    return {each.workload.name.name: (each.state, each.reason) for each in plan.verdicts}


def restart(name: str, **content: object) -> Workload:
    return build_workload(name, trust_hash=HASH, fresh=0, **content)  # type: ignore[arg-type]


def test_within_a_group_istiod_goes_first_then_gateways_then_the_rest() -> None:
    istiod = build_workload("istiod", rank=Rank.ISTIOD)
    gateway = build_workload("gateway", rank=Rank.GATEWAY)
    rest = build_workload("a")
    snapshot = build_snapshot(build_group(rest, gateway, istiod))
    assert list_started(plan_bounce(snapshot)) == ["istiod"]
    done = build_workload("istiod", rank=Rank.ISTIOD, trust_hash=HASH)
    assert list_started(plan_bounce(build_snapshot(build_group(rest, gateway, done)))) == [
        "gateway"
    ]
    running = build_workload("gateway", rank=Rank.GATEWAY, trust_hash=HASH, fresh=0)
    assert list_started(plan_bounce(build_snapshot(build_group(rest, running, done)))) == []


def test_a_group_waits_for_the_one_before_it() -> None:
    second = build_group(build_workload("b"))
    assert list_started(plan_bounce(build_snapshot(build_group(build_workload("a")), second))) == [
        "a"
    ]
    done = build_group(build_workload("a", trust_hash=HASH))
    assert list_started(plan_bounce(build_snapshot(done, second))) == ["b"]


def test_few_are_started_at_once() -> None:
    workloads = [build_workload(f"w{number}") for number in range(6)]
    plan = plan_bounce(build_snapshot(build_group(*workloads)))
    assert list_started(plan) == ["w0", "w1", "w2"]
    assert len(plan.actions) == ROLLOUTS_AT_ONCE
    running = [restart("w0"), restart("w1"), *workloads[2:]]
    assert list_started(plan_bounce(build_snapshot(build_group(*running)))) == ["w2"]


def test_what_is_started_counts_as_restarting_at_once() -> None:
    (verdict,) = plan_bounce(build_snapshot(build_group(build_workload(wanted=3)))).verdicts
    assert (verdict.state, verdict.started_at) == (WorkloadState.RESTARTING, NOW)
    assert verdict.message == "0 of 3 pods are new and ready."


def test_nothing_but_istiod_is_restarted_before_the_roots_are_there() -> None:
    istiod = build_workload("istiod", rank=Rank.ISTIOD)
    group = build_group(build_workload("a"), istiod, waits_for_roots="ConfigMap a/b")
    assert list_started(plan_bounce(build_snapshot(group))) == ["istiod"]
    group = build_group(build_workload("a"), waits_for_roots="ConfigMap a/b")
    plan = plan_bounce(build_snapshot(group))
    assert plan.actions == ()
    assert plan.wait is not None
    assert plan.wait.reason is Reason.WAITING_FOR_ROOTS
    assert "ConfigMap a/b" in plan.wait.message


def test_the_next_group_waits_for_ready_replicas() -> None:
    first = build_group(build_workload("a", trust_hash=HASH), wait_for_replicas=2, ready_pods=1)
    plan = plan_bounce(build_snapshot(first, build_group(build_workload("b"))))
    assert plan.actions == ()
    assert plan.wait is not None
    assert plan.wait.message.startswith("1 of 2 replicas are ready again")
    assert not plan.is_finished


def test_a_workload_of_two_groups_counts_in_the_first() -> None:
    group = build_group(build_workload("a"))
    plan = plan_bounce(build_snapshot(group, group))
    assert len(plan.verdicts) == len(plan.actions) == 1


def test_all_restarted_is_finished() -> None:
    plan = plan_bounce(build_snapshot(build_group(build_workload(trust_hash=HASH))))
    assert plan.is_finished
    assert plan_bounce(build_snapshot(build_group())).is_finished


def test_a_workload_that_was_restarted_for_a_younger_directive_is_done() -> None:
    group = build_group(build_workload(trust_hash=LATER))
    assert plan_bounce(build_snapshot(group, later_hashes=frozenset({LATER}))).is_finished
    assert list_started(plan_bounce(build_snapshot(group))) == ["reviews"]


@pytest.mark.parametrize("hold", [Reason.ROLLOUT_PAUSED, Reason.ROLLOUT_PARTITIONED])
def test_what_is_held_is_not_touched_and_holds_up_those_behind_it(hold: Reason) -> None:
    held, beside = build_workload("a", hold=hold), build_workload("b")
    plan = plan_bounce(build_snapshot(build_group(held, beside), build_group(build_workload("c"))))
    assert list_started(plan) == ["b"]
    assert get_states(plan)["a"] == (WorkloadState.WAITING, hold)


def test_a_rollout_that_is_paused_in_the_middle_has_not_failed() -> None:
    paused = restart("a", hold=Reason.ROLLOUT_PAUSED, kind="StatefulSet")
    before = build_entry("a", kind="StatefulSet", progressed_at=TEN)
    plan = plan_bounce(build_snapshot(build_group(paused), before=before))
    assert get_states(plan)["a"] == (WorkloadState.RESTARTING, Reason.ROLLOUT_PAUSED)


def test_a_rollout_that_failed_stops_everything_else() -> None:
    pods = (build_pod("set-0"),)
    on_delete = restart("set", is_on_delete=True, pods=pods)
    group = build_group(restart("a", has_failed=True), on_delete, build_workload("b"))
    plan = plan_bounce(build_snapshot(group))
    assert plan.actions == ()
    assert [each.reason for each in plan.failed] == [Reason.ROLLOUT_FAILED]


def test_a_set_that_stands_still_for_long_has_failed() -> None:
    before = build_entry("a", kind="StatefulSet", progressed_at=TEN, started_at=TEN, ready=1)
    still = restart("a", kind="StatefulSet", wanted=3)
    plan = plan_bounce(build_snapshot(build_group(still), before=before))
    assert get_states(plan)["a"] == (WorkloadState.FAILED, Reason.ROLLOUT_STALLED)
    moving = build_workload("a", kind="StatefulSet", trust_hash=HASH, fresh=2, wanted=3)
    plan = plan_bounce(build_snapshot(build_group(moving), before=before))
    assert get_states(plan)["a"] == (WorkloadState.RESTARTING, Reason.RESTARTING)
    assert plan.verdicts[0].progressed_at == NOW
    deadline_is_its_own = build_snapshot(
        build_group(restart("a")), before=build_entry("a", progressed_at=TEN)
    )
    assert not plan_bounce(deadline_is_its_own).failed


def test_the_time_of_the_last_progress_stays_and_is_never_in_the_future() -> None:
    since = NOW - timedelta(minutes=1)
    for known, expected in ((since, since), (NOW + timedelta(hours=1), NOW)):
        before = build_entry("a", started_at=since, progressed_at=known, ready=0)
        (verdict,) = plan_bounce(build_snapshot(build_group(restart("a")), before=before)).verdicts
        assert (verdict.started_at, verdict.progressed_at) == (since, expected)


def test_a_restart_that_was_undone_is_not_made_again() -> None:
    before = build_entry(started_at=TEN)
    plan = plan_bounce(build_snapshot(build_group(build_workload()), before=before))
    assert get_states(plan)["reviews"] == (WorkloadState.FAILED, Reason.RESTART_UNDONE)
    before = build_entry(state=WorkloadState.DONE, started_at=TEN)
    group = build_group(build_workload(trust_hash=OLD))
    assert plan_bounce(build_snapshot(group, before=before)).is_finished


def test_what_was_done_stays_so_when_its_pods_fail_later() -> None:
    before = build_entry("a", state=WorkloadState.DONE)
    group = build_group(restart("a"), build_workload("b"))
    plan = plan_bounce(build_snapshot(group, before=before))
    assert get_states(plan)["a"][0] is WorkloadState.DONE
    assert list_started(plan) == ["b"]


def test_a_rollout_that_would_break_a_budget_is_not_started() -> None:
    budget = Budget(name="strict", allowed=1)
    for pods, count in ((1, 1), (2, 0)):
        workload = build_workload(budget=budget, may_miss=pods)
        plan = plan_bounce(build_snapshot(build_group(workload)))
        assert len(plan.actions) == count
    (verdict,) = plan.verdicts
    assert verdict.reason is Reason.BUDGET_EXHAUSTED
    assert "takes 2 pods away at once, and PodDisruptionBudget strict allows 1" in verdict.message


def test_evictions_come_with_the_plan_and_wait_for_budgets() -> None:
    pods = (build_pod("set-0"), build_pod("set-1"))
    workload = restart("set", is_on_delete=True, pods=pods, wanted=2)
    plan = plan_bounce(build_snapshot(build_group(workload)))
    assert plan.actions == (EvictPod(workload=workload.name, pod="set-1", uid="uid-of-set-1"),)
    strict = Budget(name="strict", allowed=0)
    workload = restart("set", is_on_delete=True, pods=pods, wanted=2, budget=strict)
    plan = plan_bounce(build_snapshot(build_group(workload)))
    assert plan.actions == ()
    assert get_states(plan)["set"] == (WorkloadState.RESTARTING, Reason.BUDGET_EXHAUSTED)


def test_no_time_runs_against_a_set_while_it_is_ours_to_go_on() -> None:
    """The operator was away for long, or a budget was exhausted: then there is no progress."""
    pods = (build_pod("set-0"), build_pod("set-1", trust_hash=HASH))
    before = build_entry("set", kind="StatefulSet", started_at=TEN, progressed_at=TEN, ready=1)
    strict = Budget(name="strict", allowed=0)
    for budget, count in ((None, 1), (strict, 0)):
        workload = restart(
            "set", kind="StatefulSet", is_on_delete=True, pods=pods, wanted=2, budget=budget
        )
        plan = plan_bounce(build_snapshot(build_group(workload), before=before))
        assert not plan.failed
        assert len(plan.actions) == count
        assert plan.verdicts[0].progressed_at is None

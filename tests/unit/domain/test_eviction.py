from __future__ import annotations

from roottrust.domain.bounced_workload import BouncedPod, Workload
from roottrust.domain.disruption_budget import Budget
from roottrust.domain.eviction import find_eviction, find_eviction_hindrance
from tests.unit.domain.bounces import HASH, build_pod, build_workload


def build(*pods: BouncedPod, budget: Budget | None = None, is_seen: bool = True) -> Workload:
    return build_workload(
        "set",
        kind="StatefulSet",
        trust_hash=HASH,
        fresh=0,
        wanted=len(pods),
        pods=pods,
        is_on_delete=True,
        is_seen=is_seen,
        budget=budget,
    )


def find(*pods: BouncedPod) -> str | None:
    found = find_eviction(build(*pods))
    return found.name if found else None


def test_the_highest_number_goes_first() -> None:
    assert find(build_pod("a-9"), build_pod("a-10")) == "a-10"
    assert find(build_pod("a-9"), build_pod("a-10", trust_hash=HASH)) == "a-9"


def test_none_goes_once_all_are_new() -> None:
    assert find(build_pod("a-0", trust_hash=HASH)) is None
    assert find() is None


def test_one_that_is_not_ready_goes_before_the_others() -> None:
    assert find(build_pod("a-0", is_ready=False), build_pod("a-1")) == "a-0"


def test_one_that_is_on_its_way_is_waited_for() -> None:
    assert find(build_pod("a-0"), build_pod("a-1", is_leaving=True)) is None
    assert find(build_pod("a-0"), build_pod("a-1", trust_hash=HASH, is_ready=False)) is None
    missing = build_workload("set", fresh=0, wanted=2, pods=(build_pod("a-0"),), is_on_delete=True)
    assert find_eviction(missing) is None


def test_none_goes_before_its_controller_knows_what_to_replace_it_by() -> None:
    assert find_eviction(build(build_pod("a-0"), is_seen=False)) is None


def test_none_goes_of_workloads_that_replace_pods_by_themselves() -> None:
    assert find_eviction(build_workload(fresh=0, pods=(build_pod("a"),))) is None


def test_a_budget_is_kept_and_named() -> None:
    budget = Budget(name="strict", allowed=0)
    workload = build(build_pod("a-0"), budget=budget)
    assert find_eviction(workload) is None
    assert "PodDisruptionBudget strict allows none" in (find_eviction_hindrance(workload) or "")
    done = build(build_pod("a-0", trust_hash=HASH), budget=budget)
    assert find_eviction_hindrance(done) is None
    roomy = build(build_pod("a-0"), budget=Budget(name="roomy", allowed=1))
    assert find_eviction_hindrance(roomy) is None


def test_of_pods_that_several_budgets_select_none_goes() -> None:
    shared = Budget(name="one", allowed=1, is_shared=True)
    workload = build(build_pod("a-0"), budget=shared)
    assert find_eviction(workload) is None
    assert "several PodDisruptionBudgets" in (find_eviction_hindrance(workload) or "")

from __future__ import annotations

from typing import Any

from roottrust.domain.disruption_budget import Budget, find_budget

LABELS = {"app": "reviews"}


def build(name: str, allowed: object, *, selector: Any = None, seen: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {"selector": {"matchLabels": LABELS} if selector is None else selector},
        "status": {"disruptionsAllowed": allowed, "observedGeneration": seen},
    }


def test_the_budget_that_leaves_the_least_room_counts() -> None:
    found = find_budget([build("roomy", 2), build("strict", 0)], LABELS)
    assert found == Budget(name="strict", allowed=0, is_shared=True)
    assert find_budget([build("roomy", 2)], LABELS) == Budget(name="roomy", allowed=2)


def test_budgets_of_other_pods_do_not_count() -> None:
    assert find_budget([build("other", 0, selector={"matchLabels": {"app": "x"}})], LABELS) is None
    assert find_budget([build("nobody", 0, selector="")], LABELS) is None
    assert find_budget([build("all", 0, selector={})], LABELS) is not None


def test_a_budget_that_is_not_counted_yet_allows_nothing() -> None:
    for budget in (build("new", 5, seen=0), build("new", None)):
        assert find_budget([budget], LABELS) == Budget(name="new", allowed=0)

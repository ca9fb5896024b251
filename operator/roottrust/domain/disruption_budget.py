"""PodDisruptionBudgets: how many pods of a workload may be missing now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roottrust.domain.label_selector import matches_any
from roottrust.domain.manifest import Manifest, read_mapping


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the budgets that select a workload's pods leave together.

    Of pods that several budgets select, Kubernetes evicts none.
    """

    name: str
    allowed: int
    is_shared: bool = False


def find_budget(budgets: Iterable[Manifest], labels: Mapping[str, str]) -> Budget | None:
    """Return the budget that leaves the least room for pods with these labels, None without any."""
    found = sorted(
        ((_count_allowed(each), _read_name(each)) for each in budgets if _selects(each, labels)),
    )
    if not found:
        return None
    allowed, name = found[0]
    return Budget(name=name, allowed=allowed, is_shared=len(found) > 1)


def _selects(budget: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether it selects these pods: an empty selector takes all, none at all takes nothing."""
    selector = read_mapping(budget.get("spec")).get("selector")
    return isinstance(selector, Mapping) and matches_any((selector,), labels)


def _count_allowed(budget: Manifest) -> int:
    """Return what may be missing, nothing where its controller has not counted yet."""
    status = read_mapping(budget.get("status"))
    generation = read_mapping(budget.get("metadata")).get("generation")
    allowed = status.get("disruptionsAllowed")
    is_counted = status.get("observedGeneration") == generation
    return allowed if is_counted and isinstance(allowed, int) else 0


def _read_name(budget: Manifest) -> str:
    return str(read_mapping(budget.get("metadata")).get("name") or "")

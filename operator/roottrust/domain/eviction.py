"""Pods of workloads that replace none by themselves (OnDelete): which one is evicted next."""

from __future__ import annotations

from roottrust.domain.bounced_workload import BouncedPod, Workload


def find_eviction(workload: Workload) -> BouncedPod | None:
    """Return the pod to evict, None while one is on its way or none is left.

    One that is not ready goes first: its absence costs nothing. Of the others the one with the
    highest number goes first, as a StatefulSet does it.
    """
    old = _find_next(workload)
    return old if old is not None and find_eviction_hindrance(workload) is None else None


def find_eviction_hindrance(workload: Workload) -> str | None:
    """Return why no pod may be evicted now, though one would be next; None if one may."""
    budget = workload.budget
    if budget is None or _find_next(workload) is None:
        return None
    if budget.is_shared:
        return (
            f"several PodDisruptionBudgets select them ({budget.name} and others), and Kubernetes "
            "evicts none of such: delete the old pods yourself"
        )
    if budget.allowed < 1:
        return f"PodDisruptionBudget {budget.name} allows none to be evicted now"
    return None


def _find_next(workload: Workload) -> BouncedPod | None:
    rollout, pods = workload.rollout, workload.pods
    if not rollout.is_on_delete or not rollout.is_seen:
        return None
    if any(each.is_leaving for each in pods) or len(pods) < rollout.wanted:
        return None
    old = [each for each in pods if each.trust_hash != workload.trust_hash]
    unready = [each for each in pods if not each.is_ready]
    if any(each not in old for each in unready):
        return None
    # By length first: a-10 comes after a-9.
    return max(old, key=lambda pod: (not pod.is_ready, len(pod.name), pod.name), default=None)

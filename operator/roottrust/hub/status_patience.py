"""Waiting with a status for what comes right by itself within moments.

A hub that starts knows nothing of a thousand clusters for half a minute. Were that told, each start
would write every status again and again, to end with the one that was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from roottrust.api.choices import ConditionStatus
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import Reason
from roottrust.hub.policy_object import PolicyObject
from roottrust.runtime.store import ObjectKey

# How long a new policy waits for a root that another one makes before it says that it is missing.
ROOT_SECONDS = 2.0
# No cluster is connected to for longer; each that is begins it anew for the others.
CONNECTING = timedelta(seconds=45)


class StatusPatience:
    """Knows of which policies nothing is told for now, and since when."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rootless: set[ObjectKey] = set()
        self._connecting: dict[ObjectKey, tuple[int, datetime]] = {}

    def forget(self, key: ObjectKey) -> None:
        """Keep nothing of a policy that is told of, or gone."""
        self._rootless.discard(key)
        self._connecting.pop(key, None)

    def find_wait(
        self, policy: PolicyObject, outcome: Outcome, *, is_early: bool, is_quiet: bool
    ) -> float:
        """Return for how many seconds to tell nothing, 0 where it is to be told now.

        `is_early` is one whose root another policy is to make first, `is_quiet` one for which
        nothing was written into Vault, and nothing failed.
        """
        wait = self._wait_for_root(policy) if is_early else 0.0
        if not wait and is_quiet and not _has_news(outcome):
            wait = self._wait_for_clusters(policy, _count_connecting(outcome))
        if not wait:
            self.forget(policy.key)
        return wait

    def _wait_for_root(self, policy: PolicyObject) -> float:
        if policy.status is not None or policy.key in self._rootless:
            return 0.0
        self._rootless.add(policy.key)
        return ROOT_SECONDS

    def _wait_for_clusters(self, policy: PolicyObject, connecting: int) -> float:
        if not connecting or not _is_told_already(policy):
            return 0.0
        now = self._now()
        count, since = self._connecting.get(policy.key, (connecting, now))
        if count != connecting:
            since = now
        self._connecting[policy.key] = (connecting, since)
        return max(0.0, (since + CONNECTING - now).total_seconds())


def _count_connecting(outcome: Outcome) -> int:
    clusters = outcome.target.clusters if outcome.target else ()
    troubles = (each.trouble for each in clusters)
    return sum(each is not None and each.reason is Reason.CLUSTER_CONNECTING for each in troubles)


def _is_told_already(policy: PolicyObject) -> bool:
    """Whether its status tells of what it asks for as it is now."""
    return policy.status is not None and policy.status.observed_generation == policy.generation


def _has_news(outcome: Outcome) -> bool:
    """Whether something is wrong that has nothing to do with connecting."""
    fault = outcome.issuance.fault if outcome.issuance else None
    is_wrong = fault is not None and fault.status is ConditionStatus.FALSE
    return is_wrong or bool(outcome.refusal or outcome.outage or outcome.failure)

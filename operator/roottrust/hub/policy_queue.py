"""Having policies reconciled: those of the hub's own cluster, and those of workload clusters."""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.remote_policy_work import RemotePolicyWork
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.store import ObjectKey
from roottrust.runtime.workqueue import Priority


class PolicyQueue:
    """Two queues as one: a key goes to that of where its policy lies."""

    def __init__(self, homes: PolicyHomes, *, own: KeyWork, remote: RemotePolicyWork) -> None:
        self._homes = homes
        self._own = own
        self._remote = remote

    @property
    def is_working(self) -> bool:
        """Whether keys are taken: this process leads."""
        return self._own.is_working

    def add(self, policies: Iterable[ObjectKey]) -> None:
        """Have policies reconciled that something has changed for, and from time to time."""
        for policy in policies:
            if policy.cluster:
                self._remote.add([policy])
                continue
            if self._homes.get(policy) is None:
                self._own.forget(policy)
            else:
                self._own.keep(policy)
            self._own.add(policy)

    def retry(self, policy: ObjectKey, *, priority: Priority = Priority.RETRY) -> None:
        """Have a policy reconciled once more."""
        if policy.cluster:
            self._remote.add([policy], priority=priority)
        else:
            self._own.add(policy, priority=priority)

    def retry_all(self) -> None:
        """Have every policy reconciled once more."""
        for policy in self._homes.list_keys():
            self.retry(policy)

"""Reconciling policies of workload clusters beside all others, which never wait for them.

They have a queue and workers of their own, and of each cluster one is worked on at a time: a
cluster that answers slowly, or changes its policies all the time, holds up itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.runtime.key_work import KeyWork
from roottrust.runtime.leadership import Leadership
from roottrust.runtime.log_subject import describe_policy
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey
from roottrust.runtime.workqueue import Priority

# Mostly they wait for answers, and a few clusters may be slow.
WORKERS = 64
LIMIT_SECONDS = 120.0
# How soon one is looked at again that came while another of its cluster was worked on.
BUSY_SECONDS = 0.5


class RemotePolicyWork:
    """The keys of policies that lie in registered clusters."""

    def __init__(
        self,
        controller: PolicyController,
        homes: PolicyHomes,
        *,
        settings: OperatorSettings,
        leadership: Leadership,
        metrics: Metrics,
    ) -> None:
        self._controller = controller
        self._homes = homes
        self._busy: set[str] = set()
        self._work = KeyWork(
            reconcile=self._reconcile,
            settings=settings,
            leadership=leadership,
            metrics=metrics,
            describe=describe_policy,
            count=WORKERS,
            limit_seconds=LIMIT_SECONDS,
        )

    def add(self, keys: Iterable[ObjectKey], *, priority: Priority = Priority.EDIT) -> None:
        """Have policies reconciled, now and from time to time, once this process leads."""
        if not self._work.is_working:
            return
        for key in keys:
            self._work.keep(key)
            self._work.add(key, priority=priority)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until the stop."""
        try:
            await self._work.run(stop, on_lead=self._add_all)
        finally:
            self._work.close()

    def _add_all(self) -> None:
        self.add(key for key in self._homes.list_keys() if key.cluster)

    async def _reconcile(self, key: ObjectKey) -> float | None:
        if self._homes.get(key) is None:
            self._work.forget(key)  # it is gone, or its cluster is not registered any more
        if key.cluster in self._busy:
            return BUSY_SECONDS
        self._busy.add(key.cluster)
        try:
            return await self._controller.reconcile(key)
        finally:
            self._busy.discard(key.cluster)

"""Telling of a policy: status, Events on transitions, metrics; each only where it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.action import Action
from roottrust.domain.outcome import Outcome
from roottrust.domain.policy_transition import list_transitions
from roottrust.domain.reasons import Reason
from roottrust.domain.repair import list_repairs
from roottrust.domain.status import build_status
from roottrust.domain.transition import Transition
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.told_status import ToldStatus
from roottrust.hub.wanted_book import WantedBook
from roottrust.kube.status import POLICY_STATUS_MANAGER, apply_status, dump_status
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey


class OnWritten(Protocol):
    """Told of a status that was taken: of which policy, with what metadata, and what it says."""

    def __call__(
        self, policy: PolicyObject, written: Mapping[str, Any], status: Mapping[str, Any], /
    ) -> None:
        """Take it over."""


def ignore_written(
    policy: PolicyObject, written: Mapping[str, Any], status: Mapping[str, Any], /
) -> None:
    """Wait for the watch to tell it."""


class PolicyReporter:
    """Writes what came of a reconcile back to where the policy lies.

    In other clusters the hub may not create Events, and their administrators may not fill its
    metrics: there the status tells all.
    """

    def __init__(
        self,
        homes: PolicyHomes,
        *,
        events: EventQueue,
        metrics: Metrics,
        now: Callable[[], datetime],
        on_written: OnWritten = ignore_written,
    ) -> None:
        self._on_written = on_written
        self._homes = homes
        self._events = events
        self._metrics = metrics
        self._now = now
        self._told: dict[ObjectKey, ToldStatus] = {}
        self._wanted = WantedBook()

    def get_told(self, key: ObjectKey) -> ToldStatus | None:
        """Return the status that was written last by this process, or is just being written."""
        return self._told.get(key)

    def forget(self, key: ObjectKey) -> None:
        """Tell nothing more of a policy that is gone."""
        self._told.pop(key, None)
        self._wanted.forget(key)
        if not key.cluster:
            self._metrics.forget_policy(namespace=key.namespace, policy=key.name)

    async def report(
        self, policy: PolicyObject, outcome: Outcome, *, applied: Iterable[Action]
    ) -> None:
        """Write the status if it differs; raises RootTrustError when it is not taken."""
        status = build_status(outcome, previous=policy.status, now=self._now())
        self._count(policy, status)
        body = dump_status(status)
        self._told[policy.key] = ToldStatus.of(body)
        await self._report_writes(policy, outcome, tuple(applied))
        if status != policy.status:
            await self._write(policy, body)
        await self._post_all(policy, list_transitions(policy.status, status))

    async def _report_writes(
        self, policy: PolicyObject, outcome: Outcome, applied: tuple[Action, ...]
    ) -> None:
        """Tell of writes now: whether the status is taken or not, they are not made again."""
        key = policy.key
        repairs = list_repairs(
            applied,
            known=self._wanted.look_up(key, outcome.target),
            told=_list_managed(policy.status, outcome.generation),
        )
        self._wanted.note(key, outcome, applied)
        if not policy.identity.is_remote and any(
            each.reason == Reason.DRIFT_REPAIRED for each in repairs
        ):
            self._metrics.count_repair(namespace=key.namespace, policy=key.name)
        await self._post_all(policy, repairs)

    async def _post_all(self, policy: PolicyObject, transitions: Iterable[Transition]) -> None:
        for each in transitions:
            await self.post(
                policy, reason=each.reason, message=each.message, is_normal=each.is_normal
            )

    async def _write(self, policy: PolicyObject, body: dict[str, Any]) -> None:
        known = self._homes.get(policy.key)
        if known is None or known["metadata"]["uid"] != policy.identity.uid:
            return  # it is gone, or another one has its name
        written = await self._homes.run(
            policy,
            lambda client: apply_status(
                client,
                POLICIES,
                policy.manifest,
                body,
                field_manager=POLICY_STATUS_MANAGER,
                version=known["metadata"]["resourceVersion"],
            ),
        )
        if written is not None:
            self._on_written(policy, written, body)

    async def post(
        self, policy: PolicyObject, *, reason: str, message: str, is_normal: bool
    ) -> None:
        """Have an Event on the policy posted soon."""
        if policy.identity.is_remote:
            return
        await self._events.post_event(
            policy.manifest,
            type_="Normal" if is_normal else "Warning",
            reason=reason,
            message=message,
        )

    def _count(self, policy: PolicyObject, status: RootTrustPolicyStatus) -> None:
        """Show how it is among the metrics."""
        if policy.identity.is_remote:
            return
        self._metrics.show_policy(policy.identity.namespace, policy.identity.name, status)


def _list_managed(before: RootTrustPolicyStatus | None, generation: int) -> frozenset[str]:
    """Return the paths that status has for the policy as it is written now."""
    if before is None or before.observed_generation != generation:
        return frozenset()
    return frozenset(each.path for each in before.managed_objects)

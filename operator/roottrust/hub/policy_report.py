"""Telling of a policy: status, Events on transitions, metrics; each only where it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from roottrust.api.choices import ConditionStatus
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.action import Action
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import ConditionType
from roottrust.domain.status import build_status
from roottrust.domain.transition import list_repairs, list_transitions
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.told_status import ToldStatus, dump_status
from roottrust.kube.client import KubeClient
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey, build_key

FIELD_MANAGER = "roottrust-hub-policy"


class PolicyReporter:
    """Writes what came of a reconcile back to the API server."""

    def __init__(
        self,
        client: KubeClient,
        *,
        events: EventQueue,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._events = events
        self._metrics = metrics
        self._now = now
        self._told: dict[ObjectKey, ToldStatus] = {}

    def get_told(self, key: ObjectKey) -> ToldStatus | None:
        """Return the status that was written last by this process, or is just being written."""
        return self._told.get(key)

    def forget(self, key: ObjectKey) -> None:
        """Tell nothing more of a policy that is gone."""
        self._told.pop(key, None)
        self._metrics.forget_policy(namespace=key.namespace, policy=key.name)

    async def report(
        self, policy: PolicyObject, outcome: Outcome, *, applied: Iterable[Action]
    ) -> None:
        """Write the status if it differs; raises RootTrustError when it is not taken."""
        status = build_status(outcome, previous=policy.status, now=self._now())
        self._count(policy, status)
        body = dump_status(status)
        self._told[build_key(POLICIES, policy.manifest)] = ToldStatus.of(body)
        if status != policy.status:
            await self._write(policy, body)
        repairs = list_repairs(policy.status, outcome.generation, applied)
        for transition in (*repairs, *list_transitions(policy.status, status)):
            await self.post(
                policy,
                reason=transition.reason,
                message=transition.message,
                is_normal=transition.is_normal,
            )

    async def _write(self, policy: PolicyObject, body: dict[str, Any]) -> None:
        identity = policy.identity
        metadata = {
            "namespace": identity.namespace,
            "name": identity.name,
            # Of another object by that name this status tells nothing: Kubernetes then refuses it.
            "uid": identity.uid,
        }
        # A policy that was deleted meanwhile needs no status.
        with suppress(DependencyMissingError):
            await self._client.apply(
                POLICIES,
                {"metadata": metadata, "status": body},
                field_manager=FIELD_MANAGER,
                subresource="status",
            )

    async def post(
        self, policy: PolicyObject, *, reason: str, message: str, is_normal: bool
    ) -> None:
        """Have an Event on the policy posted soon."""
        await self._events.post_event(
            policy.manifest,
            type_="Normal" if is_normal else "Warning",
            reason=reason,
            message=message,
        )

    def _count(self, policy: PolicyObject, status: RootTrustPolicyStatus) -> None:
        """Show every condition: one that is not there any more does not hold."""
        found = {each.type: each.status for each in status.conditions}
        self._metrics.set_policy_conditions(
            namespace=policy.identity.namespace,
            policy=policy.identity.name,
            statuses={kind: found.get(kind, ConditionStatus.FALSE) for kind in ConditionType},
        )

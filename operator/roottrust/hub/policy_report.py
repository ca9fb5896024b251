"""Telling of a policy: status, Events on transitions, metrics; each only where it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.action import Action
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.outcome import Outcome
from roottrust.domain.status import build_status
from roottrust.domain.transition import Transition, list_repairs, list_transitions
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import PolicyObject
from roottrust.kube.client import KubeClient
from roottrust.kube.events import EventPoster
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import get_version

FIELD_MANAGER = "roottrust-hub-policy"


class PolicyReporter:
    """Writes what came of a reconcile back to the API server."""

    def __init__(
        self,
        client: KubeClient,
        *,
        events: EventPoster,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._events = events
        self._metrics = metrics
        self._now = now

    async def report(
        self, policy: PolicyObject, outcome: Outcome, *, applied: Iterable[Action]
    ) -> str | None:
        """Write the status if it differs; return the version that this made, None if none.

        Raises RootTrustError when the API server does not take it.
        """
        status = build_status(outcome, previous=policy.status, now=self._now())
        self._count(policy, status)
        version = None if status == policy.status else await self._write(policy, status)
        repairs = list_repairs(policy.status, outcome.generation, applied)
        for transition in (*repairs, *list_transitions(policy.status, status)):
            await self._post(policy, transition)
        return version

    async def _write(self, policy: PolicyObject, status: RootTrustPolicyStatus) -> str | None:
        identity = policy.identity
        metadata = {
            "namespace": identity.namespace,
            "name": identity.name,
            # Of another object by that name this status tells nothing: Kubernetes then refuses it.
            "uid": identity.uid,
        }
        dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        body = {name: value for name, value in dumped.items() if value != []}
        try:
            written = await self._client.apply(
                POLICIES,
                {"metadata": metadata, "status": body},
                field_manager=FIELD_MANAGER,
                subresource="status",
            )
        except DependencyMissingError:
            return None  # the policy was deleted meanwhile
        return get_version(written)

    async def _post(self, policy: PolicyObject, transition: Transition) -> None:
        await self._events.post_event(
            policy.manifest,
            type_="Normal" if transition.is_normal else "Warning",
            reason=transition.reason,
            message=transition.message,
        )

    def _count(self, policy: PolicyObject, status: RootTrustPolicyStatus) -> None:
        for condition in status.conditions:
            self._metrics.set_policy_condition(
                namespace=policy.identity.namespace,
                policy=policy.identity.name,
                condition=condition.type,
                status=condition.status,
            )

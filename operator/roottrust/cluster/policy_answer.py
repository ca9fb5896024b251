"""Answering RootTrustPolicies that lie in a cluster without a hub: nobody else would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.cluster.kinds import ISSUED_CERTIFICATES, POLICIES
from roottrust.cluster.policy_release import PolicyRelease
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.policy_elsewhere import build_answer, find_hubs, is_answer
from roottrust.domain.policy_transition import list_transitions
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import LEASES
from roottrust.kube.status import POLICY_STATUS_MANAGER, apply_status, dump_status
from roottrust.runtime.event_queue import EventQueue, post_transitions
from roottrust.runtime.leadership import HUB_LEASE
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.store import ObjectKey, ObjectStore

# A hub that was away for so long has left the cluster, and one that is being replaced has not.
HUB_GONE = timedelta(hours=1)
# Should a hub tell otherwise, by its own configuration, the two do not talk against each other.
PAUSE = timedelta(minutes=5)

Manifest = Mapping[str, Any]


class HubLease:
    """Whether a hub runs in the same cluster, in a process of its own: its Lease says so."""

    def __init__(self, client: KubeClient, *, namespace: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._namespace = namespace
        self._now = now

    async def is_held(self) -> bool:
        """Return whether there is, or was a moment ago; raises RootTrustError."""
        found = await self._client.get(LEASES, namespace=self._namespace, name=HUB_LEASE)
        renewed = str(((found or {}).get("spec") or {}).get("renewTime") or "")
        return bool(renewed) and self._now() - datetime.fromisoformat(renewed) < HUB_GONE


class PolicyAnswer:
    """Answers one policy at a time; one process of a cluster does it, and no hub beside it.

    With `remotePolicies` a hub elsewhere does, and what was answered before is taken back.
    """

    def __init__(
        self,
        client: KubeClient,
        store: ObjectStore,
        *,
        settings: OperatorSettings,
        hub: HubLease,
        events: EventQueue,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._store = store
        self._cluster = settings.cluster.name
        self._management = settings.management_cluster
        self._is_on = settings.remote_policies
        self._release = PolicyRelease(
            client, deletion_seconds=settings.deletion_seconds, events=events, now=now
        )
        self._hub = hub
        self._events = events
        self._now = now
        self._told: dict[ObjectKey, tuple[object, datetime]] = {}

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Tell a policy where to apply it; return when to look again.

        Raises RootTrustError when its status is not taken.
        """
        policy = self._store.get_by_key(key)
        if policy is None:
            self._told.pop(key, None)
            return None
        if await self._is_of_a_hub():
            return None
        if policy["metadata"].get("deletionTimestamp"):
            return await self._release.advance(policy)
        before = RootTrustPolicyStatus.find(policy.get("status"))
        if self._is_on:
            await self._take_back(policy, before)
            return None
        status = self._build(policy, before)
        if status == before:
            return None
        pause = self._find_pause(key, policy)
        if pause is None:
            await self._tell(policy, before, status)
            self._told[key] = (_get_edition(policy), self._now())
        return pause

    async def _take_back(self, policy: Manifest, before: RootTrustPolicyStatus | None) -> None:
        """Leave the status to the hub: it may have told its own since the watch brought ours."""
        if not is_answer(before):
            return
        metadata = policy["metadata"]
        version = metadata.get("resourceVersion")
        with suppress(DependencyMissingError):  # it is gone
            await self._client.patch_json(
                POLICIES,
                [
                    {"op": "test", "path": "/metadata/resourceVersion", "value": version},
                    {"op": "remove", "path": "/status"},
                ],
                namespace=metadata["namespace"],
                name=metadata["name"],
                field_manager=POLICY_STATUS_MANAGER,
                subresource="status",
            )

    async def _is_of_a_hub(self) -> bool:
        """Whether policies in this cluster are for a hub, which has a process of its own."""
        return self._management == self._cluster or await self._hub.is_held()

    def _build(
        self, policy: Manifest, before: RootTrustPolicyStatus | None
    ) -> RootTrustPolicyStatus:
        named = (self._management,) if self._management else ()
        return build_answer(
            cluster=self._cluster,
            management=named or find_hubs(self._store.list(ISSUED_CERTIFICATES)),
            before=before,
            generation=int(policy["metadata"].get("generation") or 0),
            now=self._now(),
        )

    def _find_pause(self, key: ObjectKey, policy: Manifest) -> float | None:
        """Return how long to wait since the very same was told a moment ago, None to tell it."""
        edition, told_at = self._told.get(key, (None, self._now()))
        left = (told_at + PAUSE - self._now()).total_seconds()
        return left if edition == _get_edition(policy) and left > 0 else None

    async def _tell(
        self,
        policy: Manifest,
        before: RootTrustPolicyStatus | None,
        status: RootTrustPolicyStatus,
    ) -> None:
        body = dump_status(status)
        written = await apply_status(
            self._client,
            POLICIES,
            policy,
            body,
            field_manager=POLICY_STATUS_MANAGER,
            version=policy["metadata"]["resourceVersion"],
        )
        if written is None:
            return
        await post_transitions(
            self._events.post_event, POLICIES.complete(policy), list_transitions(before, status)
        )


def _get_edition(policy: Manifest) -> tuple[object, object]:
    return policy["metadata"].get("uid"), policy["metadata"].get("generation")

"""Letting policies go whose deletion no hub brings to its end, lest a namespace hangs.

The hub's finalizer is on them while their `deletionPolicy` is Delete. Where it looks at them no
more (the cluster left, or `remotePolicies` was turned off), nobody else would take it off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from roottrust.cluster.kinds import POLICIES
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.finalizer_removal import has_finalizer, take_off_finalizer
from roottrust.runtime.event_queue import EventQueue

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-policies"
# So much longer than the hub itself waits for Vault.
MORE_SECONDS = 300.0

_LEFT = (
    "No hub has removed what was made for it in Vault: it is left there. See in the management "
    "cluster by `roottrust cluster list` whether this one is registered."
)


class PolicyRelease:
    """Takes the finalizer off in the end."""

    def __init__(
        self,
        client: KubeClient,
        *,
        deletion_seconds: float,
        events: EventQueue,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._patience = timedelta(seconds=deletion_seconds + MORE_SECONDS)
        self._events = events
        self._now = now

    async def advance(self, policy: Mapping[str, Any]) -> float | None:
        """Let a policy that is being deleted go when it is time; return when to look again.

        Raises RootTrustError when the finalizer cannot be taken off.
        """
        metadata = policy["metadata"]
        if not has_finalizer(metadata):
            return None
        deadline = datetime.fromisoformat(metadata["deletionTimestamp"]) + self._patience
        left = (deadline - self._now()).total_seconds()
        if left > 0:
            return left
        await self._take_off(metadata)
        return None

    async def _take_off(self, metadata: Mapping[str, Any]) -> None:
        await take_off_finalizer(self._client, POLICIES, metadata, field_manager=FIELD_MANAGER)
        await self._events.post_event(
            POLICIES.complete({"metadata": metadata}),
            type_="Warning",
            reason=Reason.LEFT_IN_VAULT,
            message=_LEFT,
        )

"""Kubernetes Events: what `kubectl describe` shows below an object.

core/v1 is used, not events.k8s.io: `kubectl describe` prints its count and its component.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.kube.client import KubeClient
from roottrust.kube.event_manifest import EventType, build_event, build_repeat
from roottrust.kube.kind import EVENTS

logger = logging.getLogger(__name__)

COMPONENT = "roottrust-operator"

_IDENTITY = ("namespace", "name", "uid", "resourceVersion")


class EventPoster:
    """Posts events at best effort: an event that cannot be posted never fails a reconcile.

    The name follows from the object and the text, so that a repeat counts up instead of piling up.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        instance: str = COMPONENT,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._instance = instance
        self._now = now

    async def post_event(
        self,
        involved: Mapping[str, Any],
        *,
        type_: EventType,
        reason: str,
        message: str,
        about: Mapping[str, str],
    ) -> None:
        """Post an event on an object; call it on transitions only."""
        event = build_event(
            involved,
            type_=type_,
            reason=reason,
            message=message,
            component=COMPONENT,
            instance=self._instance,
            at=self._now(),
            about=about,
        )
        try:
            await self._post(event)
        except RootTrustError as error:
            logger.info(
                "an event could not be posted: %s", error.message, extra={"reason": error.reason}
            )

    async def _post(self, event: dict[str, Any]) -> None:
        try:
            await self._client.create(EVENTS, event, field_manager=COMPONENT)
        except ConflictError:
            await self._count_up(event)

    async def _count_up(self, event: dict[str, Any]) -> None:
        metadata = event["metadata"]
        known = await self._client.get(
            EVENTS, namespace=metadata["namespace"], name=metadata["name"]
        )
        if known is None:
            return
        await self._client.patch_json(
            EVENTS,
            build_repeat(known, event),
            namespace=metadata["namespace"],
            name=metadata["name"],
            field_manager=COMPONENT,
        )


def identify(involved: Mapping[str, Any]) -> dict[str, Any]:
    """Return as much of an object as an event on it needs, so that the rest need not be kept."""
    kept = {name: involved[name] for name in ("apiVersion", "kind") if name in involved}
    metadata = involved["metadata"]
    return {**kept, "metadata": {name: metadata[name] for name in _IDENTITY if name in metadata}}

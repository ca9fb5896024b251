"""Kubernetes Events: what `kubectl describe` shows below an object.

core/v1 is used, not events.k8s.io: `kubectl describe` prints its count and its component.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.domain.redaction import redact_secrets
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import EVENTS

logger = logging.getLogger(__name__)

COMPONENT = "roottrust-operator"
MAX_MESSAGE = 1024
MAX_NAME = 200

_IDENTITY = ("namespace", "name", "uid", "resourceVersion")

EventType = Literal["Normal", "Warning"]


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
        self, involved: Mapping[str, Any], *, type_: EventType, reason: str, message: str
    ) -> None:
        """Post an event on an object; call it on transitions only."""
        event = _build_event(
            involved,
            type_=type_,
            reason=reason,
            message=message,
            instance=self._instance,
            at=self._now(),
        )
        try:
            await self._post(event)
        except RootTrustError as error:
            logger.info("an event could not be posted: %s", error.message)

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
            [
                {"op": "add", "path": "/count", "value": int(known.get("count") or 1) + 1},
                {"op": "add", "path": "/lastTimestamp", "value": event["lastTimestamp"]},
            ],
            namespace=metadata["namespace"],
            name=metadata["name"],
            field_manager=COMPONENT,
        )


def identify(involved: Mapping[str, Any]) -> dict[str, Any]:
    """Return as much of an object as an event on it needs, so that the rest need not be kept."""
    kept = {name: involved[name] for name in ("apiVersion", "kind") if name in involved}
    metadata = involved["metadata"]
    return {**kept, "metadata": {name: metadata[name] for name in _IDENTITY if name in metadata}}


def _build_event(
    involved: Mapping[str, Any],
    *,
    type_: EventType,
    reason: str,
    message: str,
    instance: str,
    at: datetime,
) -> dict[str, Any]:
    owner = involved["metadata"]
    # Events of objects without a namespace live in `default`, where kubectl looks for them.
    namespace = owner.get("namespace") or "default"
    text = redact_secrets(message)
    text = text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "metadata": {
            "name": _build_name(owner, type_, reason, text),
            "namespace": namespace,
        },
        "involvedObject": _build_reference(involved),
        "type": type_,
        "reason": reason,
        "message": text,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "reportingInstance": instance,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def _build_name(owner: Mapping[str, Any], *texts: str) -> str:
    digest = hashlib.sha256("\0".join([str(owner.get("uid", "")), *texts]).encode())
    return f"{owner['name'][:MAX_NAME].rstrip('.-')}.{digest.hexdigest()[:16]}"


def _build_reference(involved: Mapping[str, Any]) -> dict[str, Any]:
    owner = involved["metadata"]
    facts = {
        "apiVersion": involved.get("apiVersion"),
        "kind": involved.get("kind"),
        "namespace": owner.get("namespace"),
        "name": owner["name"],
        "uid": owner.get("uid"),
        "resourceVersion": owner.get("resourceVersion"),
    }
    return {key: value for key, value in facts.items() if value}

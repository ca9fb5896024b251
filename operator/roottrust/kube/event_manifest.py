"""Events as objects: what `kubectl describe` shows below another one.

core/v1 is used, not events.k8s.io: `kubectl describe` prints its count and its component.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from roottrust.domain.redaction import redact_secrets

MAX_MESSAGE = 1024
MAX_NAME = 200
PREFIX = "admin.gloo.solo.io"
ABOUT = ("policy", "cluster", "mesh")

EventType = Literal["Normal", "Warning"]


def build_event(
    involved: Mapping[str, Any],
    *,
    type_: EventType,
    reason: str,
    message: str,
    component: str,
    instance: str,
    at: datetime,
    about: Mapping[str, str],
) -> dict[str, Any]:
    """Return an event on an object: one line, with annotations that say what it is about.

    Its name follows from the object and the text, so that a repeat can count up the first one.
    """
    owner = involved["metadata"]
    # Events of objects without a namespace live in `default`, where kubectl looks for them.
    namespace = owner.get("namespace") or "default"
    text = " ".join(redact_secrets(message).split())
    text = text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "metadata": {
            "name": _build_name(owner, type_, reason, text),
            "namespace": namespace,
            "annotations": {f"{PREFIX}/{name}": about[name] for name in ABOUT if about.get(name)},
        },
        "involvedObject": _build_reference(involved),
        "type": type_,
        "reason": reason,
        "message": text,
        "source": {"component": component},
        "reportingComponent": component,
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


def build_repeat(known: Mapping[str, Any], event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON patch that counts up an event which was posted before."""
    return [
        {"op": "add", "path": "/count", "value": int(known.get("count") or 1) + 1},
        {"op": "add", "path": "/lastTimestamp", "value": event["lastTimestamp"]},
    ]

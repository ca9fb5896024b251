"""What an agent reads and writes in the cluster of its pod, all in the pod's own namespace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from roottrust.agent.api_server import ApiServer
from roottrust.domain.errors import AccessDeniedError, ConflictError, RootTrustError
from roottrust.domain.published_bundle import CONFIG_MAP, find_text
from roottrust.kube.event_manifest import EventType, build_event, build_repeat
from roottrust.kube.kind import CONFIG_MAPS, EVENTS, SECRETS, ResourceKind, build_path
from roottrust.kube.media_type import APPLY_PATCH, JSON_PATCH, METADATA
from roottrust.runtime.log_context import get_context

logger = logging.getLogger(__name__)

# Not from roottrust.api.kind, which brings the models of all kinds: an agent has little memory.
ISSUED_CERTIFICATES = ResourceKind(
    group="internal.gloo.solo.io",
    version="v2",
    plural="issuedcertificates",
    kind="IssuedCertificate",
)
COMPONENT = "roottrust-agent"


class OwnCluster:
    """Every method raises the product's errors, unless it says otherwise."""

    def __init__(
        self, server: ApiServer, *, namespace: str, pod: str, now: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._namespace = namespace
        self._pod = pod
        self._now = now

    def report_instance(self, name: str, entry: Mapping[str, Any]) -> None:
        """Write this pod's entry of an IssuedCertificate's status, and no other's."""
        manifest = {
            "metadata": {"name": name, "namespace": self._namespace},
            "status": {"instances": [dict(entry)]},
        }
        self._server.send(
            "PATCH",
            self._build_path(ISSUED_CERTIFICATES, name, subresource="status"),
            verb="patch",
            query={"fieldManager": f"{COMPONENT}-{self._pod}", "force": "true"},
            body=ISSUED_CERTIFICATES.complete(manifest),
            content_type=APPLY_PATCH,
            accept=METADATA,
        )

    def read_published_root(self) -> str | None:
        """Return the root that istiod publishes in its own namespace, None if it does not yet."""
        path = self._build_path(CONFIG_MAPS, CONFIG_MAP)
        text = find_text(self._server.send("GET", path, verb="get"))
        return text if text and text.strip() else None

    def has_secret(self, name: str) -> bool:
        """Tell whether a Secret is there, without reading what it holds; False if that is denied.

        istiod's own account may read the Secrets of its namespace; an account without it is better.
        """
        path = self._build_path(SECRETS, name)
        try:
            return self._server.send("GET", path, verb="get", accept=METADATA) is not None
        except AccessDeniedError:
            return False

    def post_event(
        self, involved: Mapping[str, Any], *, type_: EventType, reason: str, message: str
    ) -> None:
        """Post an event, at best effort: it never raises one of the product's errors."""
        event = build_event(
            involved,
            type_=type_,
            reason=reason,
            message=message,
            component=COMPONENT,
            instance=self._pod,
            at=self._now(),
            about=get_context(),
        )
        try:
            self._post(event)
        except RootTrustError as error:
            logger.info(
                "an event could not be posted: %s", error.message, extra={"reason": error.reason}
            )

    def _post(self, event: Mapping[str, Any]) -> None:
        query = {"fieldManager": COMPONENT}
        collection = self._build_path(EVENTS)
        try:
            self._server.send(
                "POST", collection, verb="create", query=query, body=EVENTS.complete(event)
            )
        except ConflictError:
            self._count_up(self._build_path(EVENTS, event["metadata"]["name"]), event)

    def _count_up(self, path: str, event: Mapping[str, Any]) -> None:
        """Count a repeat without a right to read Events: a patch answers with what is there."""
        touch = {"op": "add", "path": "/lastTimestamp", "value": event["lastTimestamp"]}
        known = self._patch_event(path, [touch])
        if known is not None:
            self._patch_event(path, build_repeat(known, event))

    def _patch_event(
        self, path: str, operations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any] | None:
        return self._server.send(
            "PATCH",
            path,
            verb="patch",
            query={"fieldManager": COMPONENT},
            body=operations,
            content_type=JSON_PATCH,
        )

    def _build_path(self, kind: ResourceKind, name: str | None = None, **rest: str) -> str:
        return build_path(kind, namespace=self._namespace, name=name, **rest)

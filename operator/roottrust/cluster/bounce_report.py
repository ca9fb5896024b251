"""Telling of a PodBounceDirective: status and Events, each only where something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.cluster.kinds import DIRECTIVES
from roottrust.domain.bounce_status import list_bounce_transitions
from roottrust.kube.client import KubeClient
from roottrust.kube.status import apply_status, dump_status
from roottrust.runtime.event_queue import EventQueue, post_transitions
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.store import ObjectKey, ObjectStore

FIELD_MANAGER = "roottrust-cluster-bounces"

Manifest = Mapping[str, Any]


class BounceReporter:
    """Writes how far a directive is back to the API server, and knows it at once itself."""

    def __init__(
        self, client: KubeClient, store: ObjectStore, *, events: EventQueue, metrics: Metrics
    ) -> None:
        self._client = client
        self._store = store
        self._events = events
        self._metrics = metrics

    async def report(self, directive: Manifest, status: PodBounceDirectiveStatus) -> None:
        """Write the status if it differs; raises RootTrustError when it is not taken."""
        self.show(directive, status)
        before = PodBounceDirectiveStatus.find(directive.get("status"))
        if status == before:
            return
        body = dump_status(status)
        written = await apply_status(
            self._client,
            DIRECTIVES,
            directive,
            body,
            field_manager=FIELD_MANAGER,
            version=directive["metadata"]["resourceVersion"],
        )
        if written is None:
            return
        self._take_over(directive, written, body)
        await post_transitions(
            self._events.post_event,
            DIRECTIVES.complete(directive),
            list_bounce_transitions(before, status),
        )

    def show(self, directive: Manifest, status: PodBounceDirectiveStatus) -> None:
        """Show how far it is among the metrics."""
        metadata = directive["metadata"]
        self._metrics.show_bounce(metadata["namespace"], metadata["name"], status)

    def forget(self, key: ObjectKey) -> None:
        """Tell nothing more of a directive that is gone."""
        self._metrics.forget_bounce(namespace=key.namespace, directive=key.name)

    def _take_over(self, directive: Manifest, written: Manifest, status: Manifest) -> None:
        """Know it before the watch brings it back: the next look may come sooner.

        Where the directive was edited meanwhile, its watch brings that as well.
        """
        metadata = written["metadata"]
        if metadata.get("generation") == directive["metadata"].get("generation"):
            self._store.take_over(DIRECTIVES, {**directive, "metadata": metadata, "status": status})

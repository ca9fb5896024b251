"""Auditing watches: a watch can go silent while its connection looks alive.

See kopf#585, #957, #996, #1145. A list of metadata is compared with the store; what the watch has
not brought after a while is listed, so that work continues, and the watch counts as silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from roottrust.domain.errors import RootTrustError
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind
from roottrust.runtime.clock import Timer, wait_for_event
from roottrust.runtime.store import ObjectKey, ObjectStore, build_key, get_version, is_at_least
from roottrust.runtime.watching import WatchedKind, list_kind

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
GRACE_SECONDS = 30.0


class WatchAudit:
    """Compares the API server's lists with the store from time to time."""

    def __init__(
        self,
        *,
        client: KubeClient,
        store: ObjectStore,
        watched: tuple[WatchedKind, ...],
        on_change: Callable[[ObjectKey], None],
        timer: Timer | None = None,
        interval_seconds: float = INTERVAL_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._client = client
        self._store = store
        self._watched = watched
        self._on_change = on_change
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._interval = interval_seconds
        self._grace = grace_seconds
        # The number of events that the kind had when its watch was found silent.
        self._silent: dict[ResourceKind, int] = {}

    def is_silent(self, kind: ResourceKind) -> bool:
        """Whether the watch of a kind missed something, and brought nothing since."""
        return kind in self._silent

    def check(self) -> str | None:
        """Return why the watches cannot be relied on, None if they can."""
        if not self._silent:
            return None
        names = ", ".join(sorted(str(kind) for kind in self._silent))
        return f"watches miss changes: {names}"

    async def run(self, stop: asyncio.Event) -> None:
        """Audit until the stop; a failed audit says nothing about the watches."""
        while not await wait_for_event(stop, self._timer, seconds=self._interval):
            for kind in self._watched:
                try:
                    await self._audit(kind, stop)
                except RootTrustError as error:
                    logger.warning(
                        "watches cannot be audited: %s",
                        error.message,
                        extra={"reason": error.reason},
                    )

    async def _audit(self, kind: WatchedKind, stop: asyncio.Event) -> None:
        missed = await self._find_differences(kind)
        if missed and await wait_for_event(stop, self._timer, seconds=self._grace):
            return
        still_missed = {
            key: version for key, version in missed.items() if self._lacks(key, version)
        }
        changed = await list_kind(self._client, self._store, kind) if still_missed else frozenset()
        # What came and went in between was never missed.
        if changed & still_missed.keys():
            self._note_silence(kind.resource, len(changed))
        elif self._silent.get(kind.resource) != self._store.count_events(kind.resource):
            self._silent.pop(kind.resource, None)
        for key in changed:
            self._on_change(key)

    async def _find_differences(self, kind: WatchedKind) -> dict[ObjectKey, str | None]:
        """Return what the server has (its version) or lacks (None) unlike the store."""
        listed = await self._client.list_metadata(
            kind.resource,
            namespace=kind.namespace,
            label_selector=kind.label_selector,
            field_selector=kind.field_selector,
        )
        server: dict[ObjectKey, str | None] = {
            build_key(kind.resource, found): get_version(found) for found in listed
        }
        gone: dict[ObjectKey, str | None] = dict.fromkeys(
            self._store.keys(kind.resource) - server.keys()
        )
        everything = {**server, **gone}
        return {key: version for key, version in everything.items() if self._lacks(key, version)}

    def _lacks(self, key: ObjectKey, version: str | None) -> bool:
        """Whether the store has not caught up with what the server had."""
        known: Any = self._store.get_by_key(key)
        if version is None or known is None:
            return (version is None) != (known is None)
        return not is_at_least(get_version(known), version)

    def _note_silence(self, resource: ResourceKind, count: int) -> None:
        if resource not in self._silent:
            logger.warning("the watch of %s missed %d changes; they were listed", resource, count)
        self._silent[resource] = self._store.count_events(resource)

"""Keeping a store as one kind of an API server is: list, then watch, again after each failure.

For what kopf does not watch: other clusters, and single namespaces of our own. An API server may be
in strange hands, so that what it sends is bounded in size and in pace.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from roottrust.domain.backoff import LIMIT_SECONDS, get_backoff_seconds
from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.kube.page import Page
from roottrust.kube.watch_client import WatchClient, WatchEvent
from roottrust.runtime.clock import Timer, sleep, wait_for_event
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.store_bound import StoreBound
from roottrust.runtime.watching import WatchedKind

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 90.0
# A server that ends each watch at once, or floods us, is asked and read no faster than this.
LEAST_SECONDS = 1.0
# A watch that lasted so long is no failure when it ends.
STEADY_SECONDS = 30.0
EVENTS_PER_SECOND = 100

Object = Mapping[str, Any]


class ClientWatch:
    """Follows one kind; `on_change` is told of each object that changed, and what it was before.

    `on_state` is told None after each list, and why there is none where there could be none.
    """

    def __init__(
        self,
        client: WatchClient,
        store: ObjectStore,
        watched: WatchedKind,
        *,
        on_change: Callable[[ObjectKey, Object | None], None],
        on_state: Callable[[RootTrustError | None], None],
        timer: Timer | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        bound: StoreBound | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._watched = watched
        self._on_change = on_change
        self._on_state = on_state
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._silence = silence_seconds
        self._bound = bound or StoreBound(watched.resource)
        self._rng = random.Random()  # noqa: S311 - jitter is no secret
        self._events = 0
        self._second = 0.0
        self._failures = 0
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                version = await self.list_all()
            except RootTrustError as error:
                self._on_state(error)
                await self._back_off(error)
                continue
            started_at = self._timer.time()
            try:
                await self._follow(version)
            except RootTrustError as error:
                # Versions expire and connections end: whether anything is wrong the list will tell.
                logger.debug(
                    "a watch of %s ended: %s",
                    self._watched.resource,
                    error.message,
                    extra={"reason": error.reason},
                )
                if self._timer.time() - started_at > STEADY_SECONDS:
                    self._failures = 0
                await self._back_off(error)

    async def try_list(self) -> None:
        """Take over a list, or tell why there is none."""
        try:
            await self.list_all()
        except RootTrustError as error:
            self._on_state(error)

    def try_again(self) -> None:
        """Wait no longer after a failure: there are other credentials."""
        self._again.set()

    async def list_all(self) -> str:
        """Take over a list, and return the version that it has; raises RootTrustError."""
        known = self._store.get_versions(self._watched.resource)
        before = {key: self._store.get_by_key(key) for key in known}
        found, version = await self._read_all()
        changed = self._store.replace(self._watched.resource, found, known=known)
        self._on_state(None)
        for key in sorted(changed):
            self._on_change(key, before.get(key))
        return version

    async def _read_all(self) -> tuple[list[Object], str]:
        items: list[Object] = []
        following = ""
        self._bound.clear()
        while True:
            page = await self._read_page(following)
            kept = [self._watched.keep(each) for each in page.items]
            self._bound.take_page(kept)
            items += kept
            following = page.following
            if not following:
                return items, page.version

    async def _read_page(self, following: str) -> Page:
        resource = self._watched.resource
        try:
            return await self._client.list_page(
                resource,
                namespace=self._watched.namespace,
                label_selector=self._watched.label_selector,
                following=following,
            )
        except DependencyMissingError:
            raise DependencyMissingError(
                f"The API server does not know {resource}/{resource.version}: apply the "
                "CustomResourceDefinitions in crds/ there.",
                reason=Reason.CLUSTER_NOT_PREPARED,
            ) from None

    async def _follow(self, version: str) -> None:
        """Take over what changes, over as many watches as it takes; raises RootTrustError."""
        while True:
            started_at = self._timer.time()
            events = self._client.watch(
                self._watched.resource,
                namespace=self._watched.namespace,
                label_selector=self._watched.label_selector,
                version=version,
                silence_seconds=self._silence,
            )
            async with aclosing(events):
                async for event in events:
                    version = event.version or version
                    self._take(event)
                    await self._slow_down()
            least = started_at + LEAST_SECONDS - self._timer.time()
            if least > 0:
                await sleep(self._timer, least)

    def _take(self, event: WatchEvent) -> None:
        if event.type == "BOOKMARK":
            return
        found = self._watched.keep(event.found)
        if event.type == "DELETED":
            self._bound.drop(found)
        else:
            self._bound.take(found, size=event.size)
        before = self._find_known(found)
        key = self._store.apply_event(self._watched.resource, event.type, found)
        if key is not None:
            self._on_change(key, before)

    def _find_known(self, found: Object) -> Object | None:
        metadata = found["metadata"]
        namespace = str(metadata.get("namespace") or "")
        return self._store.get(
            self._watched.resource, namespace=namespace, name=str(metadata["name"])
        )

    async def _slow_down(self) -> None:
        """Read on in the next second once there were enough events in this one."""
        now = self._timer.time()
        if now - self._second >= 1.0:
            self._second, self._events = now, 0
        self._events += 1
        if self._events >= EVENTS_PER_SECOND:
            await sleep(self._timer, self._second + 1.0 - now)

    async def _back_off(self, error: RootTrustError) -> None:
        self._failures += 1
        asked = error.retry_after_seconds if isinstance(error, TransientError) else None
        delay = get_backoff_seconds(self._failures, share=self._rng.random())
        seconds = max(delay, min(asked or 0.0, LIMIT_SECONDS))
        if await wait_for_event(self._again, self._timer, seconds=seconds):
            self._failures = 0
            self._again.clear()

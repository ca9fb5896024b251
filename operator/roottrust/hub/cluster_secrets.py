"""The Secrets by which clusters are registered, in the operator's own namespace, as they change.

Istio reads Secrets of this form in istiod's namespace; there they would be for istiod.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from roottrust.domain.cluster_registration import (
    CLUSTER_SELECTOR,
    Registrations,
    read_registrations,
)
from roottrust.domain.errors import RootTrustError
from roottrust.hub.change_pace import ChangePace
from roottrust.kube.kind import SECRETS
from roottrust.kube.watch_client import WatchClient
from roottrust.runtime.client_watch import ClientWatch
from roottrust.runtime.store import ObjectStore
from roottrust.runtime.store_bound import StoreBound
from roottrust.runtime.watching import WatchedKind

logger = logging.getLogger(__name__)

_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "labels",
    "annotations",
)
_SECRETS_MAX = 5_000
_BYTES_MAX = 64 * 2**20
_PACE_SECONDS = 2.0

Object = Mapping[str, Any]


class ClusterSecrets:
    """Follows them; `register` is told what they register whenever that changes."""

    def __init__(
        self,
        client: WatchClient,
        *,
        namespace: str,
        own_name: str,
        register: Callable[[Registrations], None],
    ) -> None:
        self._namespace = namespace
        self._own_name = own_name
        self._register = register
        self._store = ObjectStore([SECRETS])
        self._trouble: str | None = None
        self._pace = ChangePace(
            self._tell, timer=asyncio.get_running_loop(), find_longest=lambda: _PACE_SECONDS
        )
        watched = WatchedKind(
            resource=SECRETS, namespace=namespace, label_selector=CLUSTER_SELECTOR, keep=_keep
        )
        self._watch = ClientWatch(
            client,
            self._store,
            watched,
            on_change=lambda *_: self._pace.note(),
            on_state=self._take_state,
            bound=StoreBound(SECRETS, objects=_SECRETS_MAX, size=_BYTES_MAX),
        )

    async def list(self) -> None:
        """Read them once, and tell of them; without them the hub serves its own cluster alone."""
        await self._watch.try_list()
        self._tell()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow them until the stop."""
        following = asyncio.create_task(self._watch.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            self._pace.close()
            for task in (following, stopping):
                task.cancel()
            await asyncio.gather(following, stopping, return_exceptions=True)

    def _tell(self) -> None:
        found = read_registrations(self._store.list(SECRETS), own_name=self._own_name)
        self._register(found)

    def _take_state(self, error: RootTrustError | None) -> None:
        message = error.message if error else None
        if message is not None and message != self._trouble:
            logger.warning(
                "the Secrets in %s that register clusters cannot be read: %s",
                self._namespace,
                message,
            )
        self._trouble = message


def _keep(found: Object) -> Object:
    metadata = found["metadata"]
    kept = {name: metadata[name] for name in _METADATA if name in metadata}
    return {"metadata": kept, "data": found.get("data") or {}}

"""Reading again from time to time what clusters do not tell by a watch: the keys of their tokens.

One task for all clusters and policies; a change is reconciled at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.runtime.clock import Timer, wait_for_event

RETRY_SECONDS = 30.0


class ClusterWatch:
    """Refreshes the registry of clusters, and tells when something has changed."""

    def __init__(
        self,
        clusters: ClusterRegistry,
        *,
        on_change: Callable[[], None],
        interval_seconds: float,
        timer: Timer | None = None,
    ) -> None:
        self._clusters = clusters
        self._on_change = on_change
        self._interval = interval_seconds
        self._timer: Timer = timer or asyncio.get_running_loop()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until the stop; what could not be read is tried again soon."""
        while not await wait_for_event(stop, self._timer, seconds=self._find_delay()):
            if await self._clusters.refresh():
                self._on_change()

    def _find_delay(self) -> float:
        is_troubled = any(each.keys_trouble for each in self._clusters.list_clusters())
        return min(RETRY_SECONDS, self._interval) if is_troubled else self._interval

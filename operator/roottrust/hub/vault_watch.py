"""Watching whether Vault servers can be used, so that an outage and its end are seen in seconds.

Policies that wait for a Vault back off for minutes; one small question each ten seconds, to
sys/health and without a token, tells all of them at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from roottrust.domain.errors import RootTrustError
from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.clock import Timer, wait_for_event

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 10.0


class VaultWatch:
    """Probes every server that a policy uses, and tells when one has become (un)usable."""

    def __init__(
        self,
        servers: VaultServers,
        *,
        on_change: Callable[[], None],
        interval_seconds: float = INTERVAL_SECONDS,
        timer: Timer | None = None,
    ) -> None:
        self._servers = servers
        self._on_change = on_change
        self._interval = interval_seconds
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._hindrances: dict[str, str | None] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until the stop."""
        while not await wait_for_event(stop, self._timer, seconds=self._interval):
            changes = [await self._probe(address) for address in self._servers.list_open()]
            if any(changes):
                self._on_change()

    async def _probe(self, address: str) -> bool:
        """Return whether a server's state is another than at the last look."""
        try:
            await self._servers.probe(address)
            hindrance = None
        except RootTrustError as error:
            hindrance = str(error.reason)
        is_known = address in self._hindrances
        before = self._hindrances.get(address)
        self._hindrances[address] = hindrance
        if not is_known or before == hindrance:
            return False
        logger.info("Vault %s: %s", address, hindrance or "usable again")
        return True

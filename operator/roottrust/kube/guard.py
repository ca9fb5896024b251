"""The guard that each write to Kubernetes has to pass.

It is asked on a connection that is open already: connecting can take as long as a lease.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import ClientRequest, ClientResponse
from aiohttp.connector import Connection

# Raises unless a write may be sent now; called in the event loop that sends it.
Guard = Callable[[], None]

_READS = frozenset({"GET", "HEAD"})


def allow_writes() -> None:
    """Let every write pass."""


def build_request_class(guard: Guard) -> type[ClientRequest]:
    """Return requests for a session whose writes all pass the guard."""

    class GuardedRequest(ClientRequest):
        async def send(self, conn: Connection) -> ClientResponse:
            if self.method not in _READS:
                guard()
            return await super().send(conn)

    return GuardedRequest

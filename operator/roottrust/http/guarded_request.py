"""Requests of aiohttp whose writes pass the guard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from roottrust.http.guard import READS, Guard
from roottrust.http.guarded_tls import asking

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.connector import Connection


def build_request_class(guard: Guard) -> type[aiohttp.ClientRequest]:
    """Return the requests of a session; what the guard raises is raised by the request."""

    class GuardedRequest(aiohttp.ClientRequest):
        async def send(self, conn: Connection) -> aiohttp.ClientResponse:
            """Send a request that has no body, and prepare one that has."""
            if self.method in READS:
                return await super().send(conn)
            guard()
            with asking(partial(_ask, guard, conn)):
                return await super().send(conn)

        async def write_bytes(
            self,
            writer: AbstractStreamWriter,
            conn: Connection,
            content_length: int | None = None,
        ) -> None:
            """Send head and body: a task of its own, whose turn may come after a pause."""
            if self.method not in READS:
                try:
                    _ask(guard, conn)
                except ConnectionAbortedError:
                    return
            await super().write_bytes(writer, conn, content_length)

    return GuardedRequest


def _ask(guard: Guard, conn: Connection) -> None:
    """Have what the guard raises raised where the answer is awaited, and abort the connection."""
    try:
        guard()
    except Exception as refusal:
        if conn.protocol is not None:
            conn.protocol.set_exception(refusal)
        raise ConnectionAbortedError from refusal

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from testbed.http import is_good
from tests.unit.http.listening import ListeningServer
from tests.unit.web_server import serve


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False), (404, False)])
async def test_it_is_well_when_it_says_so(status: int, *, expected: bool) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serve(answer) as url:
        assert await asyncio.to_thread(is_good, f"{url}/readyz") is expected


class Breaking(ListeningServer):
    """Ends each connection in the middle of it."""

    def listen_to(self, connection: socket.socket) -> None:
        connection.recv(1)


@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_one_that_breaks_off_is_not(seconds: float) -> None:
    server = Breaking()
    try:
        assert not is_good(f"{server.url}/readyz", seconds=seconds)
    finally:
        server.close()


def test_nobody_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert not is_good(f"http://127.0.0.1:{port}/readyz")

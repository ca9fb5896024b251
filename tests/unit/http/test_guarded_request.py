from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from roottrust.http.guarded_request import build_request_class


class NotNowError(Exception):
    pass


class Server:
    """Answers each request, and keeps what it was sent."""

    def __init__(self) -> None:
        self.connections = 0
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while data := await reader.read(65536):
            self.heard += data
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()


class Guard:
    """Passes as many as it is told."""

    def __init__(self) -> None:
        self.passes = 0

    def check(self) -> None:
        if self.passes == 0:
            raise NotNowError
        self.passes -= 1


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def session(server: Server, guard: Guard) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}",
            request_class=build_request_class(guard.check),
        ) as session,
    ):
        yield session


async def send(session: aiohttp.ClientSession, method: str, body: bytes | None) -> int:
    async with session.request(method, "/thing", data=body) as answer:
        return answer.status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [None, b"{}"])
async def test_no_write_leaves_against_the_guard(
    session: aiohttp.ClientSession, server: Server, method: str, body: bytes | None
) -> None:
    with pytest.raises(NotNowError):
        await send(session, method, body)
    await asyncio.sleep(0.01)
    assert server.heard == b""
    assert server.connections == 1  # what comes after the guard takes no time


async def test_guard_is_asked_again_in_the_turn_that_sends(
    session: aiohttp.ClientSession, server: Server, guard: Guard
) -> None:
    guard.passes = 1
    with pytest.raises(NotNowError):
        await send(session, "POST", b"{}")
    await asyncio.sleep(0.01)
    assert server.heard == b""


async def test_reads_pass(session: aiohttp.ClientSession, server: Server) -> None:
    assert await send(session, "GET", None) == 204
    assert server.heard.startswith(b"GET /thing")


async def test_connection_that_is_used_again_is_guarded_again(
    session: aiohttp.ClientSession, server: Server, guard: Guard
) -> None:
    guard.passes = 2
    assert await send(session, "POST", b"first") == 204
    with pytest.raises(NotNowError):
        await send(session, "POST", b"second")
    guard.passes = 2
    assert await send(session, "POST", b"third") == 204
    assert b"first" in server.heard
    assert b"third" in server.heard
    assert b"second" not in server.heard

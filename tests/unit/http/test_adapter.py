from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.vault.connection import VaultConnection
from roottrust.vault.transport import VaultTransport
from tests.unit.http.listening import ListeningServer


class Server(ListeningServer):
    """Accepts connections, answers each request, and keeps what it was sent."""

    def __init__(self) -> None:
        self.accepted = threading.Event()
        super().__init__()

    def listen_to(self, connection: socket.socket) -> None:
        self.accepted.set()
        while data := connection.recv(65536):
            self.heard += data
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


class Guard:
    """Refuses; it notes whether the connection was made before it was asked."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.is_open = False
        self.was_connected: list[bool] = []

    def check(self) -> None:
        self.was_connected.append(self._server.accepted.wait(5))
        if not self.is_open:
            raise TransientError("not now", reason=Reason.NOT_LEADING)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def guard(server: Server) -> Guard:
    return Guard(server)


@pytest.fixture
def transport(server: Server, guard: Guard) -> Iterator[VaultTransport]:
    connection = VaultConnection(address="https://vault", endpoint=server.url, timeout_seconds=5)
    transport = VaultTransport(connection, pool_size=1, guard=guard.check)
    yield transport
    transport.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_write_leaves_against_the_guard(
    server: Server, guard: Guard, transport: VaultTransport, method: str
) -> None:
    with pytest.raises(TransientError, match="not now"):
        transport.send(method, "sys/mounts/pki", body={"type": "pki"})
    assert server.heard == b""
    assert guard.was_connected == [True]  # what comes after it takes no time


def test_reads_pass(server: Server, guard: Guard, transport: VaultTransport) -> None:
    assert transport.send("GET", "sys/mounts").is_success
    assert transport.send("LIST", "pki/roles").is_success
    assert guard.was_connected == []


def test_connection_that_is_used_again_is_guarded_again(
    server: Server, guard: Guard, transport: VaultTransport
) -> None:
    guard.is_open = True
    transport.send("POST", "first", body={})
    guard.is_open = False
    with pytest.raises(TransientError):
        transport.send("POST", "second", body={})
    guard.is_open = True
    transport.send("POST", "third", body={})
    assert b"POST /v1/first" in server.heard
    assert b"POST /v1/third" in server.heard
    assert b"second" not in server.heard

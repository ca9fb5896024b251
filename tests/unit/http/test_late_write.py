"""A leader that is paused while it sends a write, for longer than its lease: nothing arrives."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from kubernetes.aio.client import Configuration

from roottrust.http.guard import Guard
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS
from roottrust.runtime.fence import Fence, FencedError
from roottrust.vault.async_transport import AsyncVaultTransport
from roottrust.vault.connection import VaultConnection
from roottrust.vault.transport import VaultTransport
from tests.unit.domain.authorities import make_root
from tests.unit.http.listening import ListeningServer

NOW = datetime.now(UTC)
BEGIN, END = NOW - timedelta(days=1), NOW + timedelta(days=1)
ROOT = make_root(begin=BEGIN, end=END)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    b'{"kind":"Some"}'
)
MANIFEST = {"metadata": {"namespace": "team", "name": "thing"}}

Write = Callable[[], Awaitable[None]]


class Leader:
    """Its clock goes on where the test has it paused."""

    def __init__(self) -> None:
        self.now = 100.0
        self.fence = Fence(open_seconds=10, clock=lambda: self.now)
        self.fence.extend(self.now)

    def be_paused(self, *_: object) -> None:
        self.now += 60


class Server(ListeningServer):
    """Speaks TLS, and keeps what it was sent; it answers what is complete."""

    scheme = "https"

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.left = threading.Event()
        super().__init__()

    def listen_to(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._answer(self.context.wrap_socket(connection, server_side=True))
        self.left.set()

    def _answer(self, connection: ssl.SSLSocket) -> None:
        with connection:
            while data := connection.recv(65536):
                self.heard += data
                if self.heard.endswith(b"}"):
                    connection.sendall(ANSWER)


@pytest.fixture
def leader() -> Leader:
    return Leader()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = ROOT.issue(
        "server",
        is_ca=False,
        path_length=None,
        usage=None,
        extensions=[names],
        begin=BEGIN,
        end=END,
    )
    (tmp_path / "chain").write_text(leaf.pem)
    (tmp_path / "key").write_text(leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain", tmp_path / "key")
    server = Server(context)
    yield server
    server.close()


@pytest.fixture(params=["vault", "vault login", "kubernetes"])
async def write(
    request: pytest.FixtureRequest, server: Server, leader: Leader
) -> AsyncIterator[Write]:
    """One write by each of the three ways in which a hub writes."""
    write, close = BUILD[request.param](server, leader.fence.check)
    yield write
    await close()


def build_vault(server: Server, guard: Guard) -> tuple[Write, Write]:
    transport = AsyncVaultTransport(connect(server), pool_size=1, guard=guard)

    async def write() -> None:
        await transport.send("POST", "sys/mounts/pki", body={"type": "pki"})

    return write, transport.close


def build_vault_login(server: Server, guard: Guard) -> tuple[Write, Write]:
    transport = VaultTransport(connect(server), pool_size=1, guard=guard)

    async def write() -> None:
        body = {"role": "hub"}
        await asyncio.to_thread(transport.send, "POST", "auth/kubernetes/login", body=body)

    async def close() -> None:
        transport.close()

    return write, close


def build_kubernetes(server: Server, guard: Guard) -> tuple[Write, Write]:
    configuration = Configuration(host=server.url)
    configuration.ca_cert_data = ROOT.pem
    access = KubeAccess(configuration=configuration, ca_pem=ROOT.pem)
    client = KubeClient(access, guard=guard, timeout_seconds=5)

    async def write() -> None:
        await client.apply(SECRETS, MANIFEST, field_manager="us")

    return write, client.close


BUILD = {"vault": build_vault, "vault login": build_vault_login, "kubernetes": build_kubernetes}


def connect(server: Server) -> VaultConnection:
    return VaultConnection(
        address="https://vault", endpoint=server.url, ca_pem=ROOT.pem, timeout_seconds=5
    )


async def see_refusal(write: Write, server: Server) -> None:
    with pytest.raises(FencedError, match="This was not written"):
        await write()
    assert await asyncio.to_thread(server.left.wait, 5)


async def test_paused_while_the_connection_is_made(
    write: Write, server: Server, leader: Leader
) -> None:
    server.context.sni_callback = leader.be_paused
    await see_refusal(write, server)
    assert server.heard == b""


@pytest.mark.parametrize("write", ["vault", "kubernetes"], indirect=True)
async def test_paused_while_another_thread_computes(
    write: Write,
    server: Server,
    leader: Leader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Encrypting lets it."""
    encrypt = ssl.SSLObject.write

    def be_paused(self: ssl.SSLObject, data: bytes) -> int:
        leader.be_paused()
        return encrypt(self, data)

    monkeypatch.setattr(ssl.SSLObject, "write", be_paused)
    await see_refusal(write, server)
    assert server.heard == b""
    assert not caplog.records


@pytest.mark.parametrize("write", ["vault login"], indirect=True)
async def test_paused_between_head_and_body(
    write: Write, server: Server, leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = ssl.SSLSocket.sendall

    def be_paused(self: ssl.SSLSocket, data: bytes) -> None:
        send(self, data)
        leader.be_paused()

    monkeypatch.setattr(ssl.SSLSocket, "sendall", be_paused)
    await see_refusal(write, server)
    assert server.heard.startswith(b"POST /v1/auth/kubernetes/login")
    assert b"hub" not in server.heard


async def test_a_leader_that_is_not_paused_writes(write: Write, server: Server) -> None:
    await write()
    assert server.heard.endswith(b"}")

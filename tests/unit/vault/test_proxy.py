"""A proxy that the environment names passes our requests on; it must not be able to read them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.vault.async_transport import AsyncVaultTransport
from roottrust.vault.connection import VaultConnection
from roottrust.vault.transport import VaultTransport

TOKEN = SecretStr("hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Agrees to every tunnel, and keeps what comes through it."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.heard = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(2)
                self.asked.append(connection.recv(65536))
                connection.sendall(ESTABLISHED)
                self.heard += connection.recv(65536)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    proxy = Proxy()
    proxy.start()
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    yield proxy
    proxy.close()


CONNECTION = VaultConnection(
    address="https://vault.example:8200", endpoint="https://vault.example:8200", timeout_seconds=5
)


def check(proxy: Proxy) -> None:
    (asked,) = proxy.asked
    assert asked.startswith(b"CONNECT vault.example:8200 ")
    assert proxy.heard.startswith(b"\x16\x03")  # a TLS handshake, which the proxy ends here
    secret = TOKEN.get_secret_value().encode()
    assert secret not in asked + proxy.heard
    assert b"X-Vault-Token" not in asked


def test_login_goes_through_a_tunnel(proxy: Proxy) -> None:
    transport = VaultTransport(CONNECTION, pool_size=1)
    with pytest.raises(TransientError):
        transport.send("GET", "auth/token/lookup-self", token=TOKEN)
    transport.close()
    check(proxy)


async def test_request_goes_through_a_tunnel(proxy: Proxy) -> None:
    transport = AsyncVaultTransport(CONNECTION, pool_size=1)
    with pytest.raises(TransientError):
        await transport.send("GET", "sys/mounts", token=TOKEN)
    await transport.close()
    check(proxy)

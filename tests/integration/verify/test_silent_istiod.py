"""An istiod that shakes hands and then says nothing, not even goodbye."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.istiod.address import IstiodAddress
from roottrust.istiod.certificate_service import build_probe_request, request_certificate
from testbed.certificate import Authority

LOCALHOST = "127.0.0.1"
NAME = "istiod.istio-system.svc"
SECONDS = 10.0


class SilentServer:
    """Takes one connection, shakes hands, and holds it until it is closed here."""

    def __init__(self, folder: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "istiod.crt", folder / "istiod.key")
        self._context.set_alpn_protocols(["h2"])
        self._socket = socket.create_server((LOCALHOST, 0))
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="silent istiod")
        self._thread.start()

    @property
    def address(self) -> IstiodAddress:
        port = int(self._socket.getsockname()[1])
        return IstiodAddress(host=LOCALHOST, port=port, server_name=NAME)

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()
        self._socket.close()

    def _hold(self) -> None:
        self._socket.settimeout(SECONDS)
        connection, _ = self._socket.accept()
        with self._context.wrap_socket(connection, server_side=True):
            self._is_over.wait(SECONDS)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SilentServer]:
    authority = Authority.create("silent root")
    authority.save(tmp_path, "root")
    authority.issue(
        tmp_path, "istiod", common_name=NAME, dns_names=(NAME,), addresses=(IPv4Address(LOCALHOST),)
    )
    server = SilentServer(tmp_path)
    yield server
    server.close()


def test_no_connection_outlives_the_request(server: SilentServer, tmp_path: Path) -> None:
    async def ask() -> None:
        with pytest.raises(TransientError):
            await request_certificate(
                server.address,
                build_probe_request(),
                roots_pem=(tmp_path / "root.crt").read_text(),
                token=SecretStr("token"),
                validity_seconds=600,
                timeout_seconds=0.5,
            )

    asyncio.run(ask())
    gc.collect()  # an open socket is told here, and warnings are errors

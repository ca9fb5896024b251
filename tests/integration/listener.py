"""A server of an attacker: it takes every connection and keeps what it is sent."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

READ_SECONDS = 2.0
PLENTY = 65536


class Listener:
    """Listens on a port of its own; TLS or not, it hears the first bytes that come."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, name="attacker")

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop, by a connection of its own that is not heard."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(READ_SECONDS)
                heard = b""
                with suppress(OSError):
                    heard = connection.recv(PLENTY)
                self.heard.append(heard)

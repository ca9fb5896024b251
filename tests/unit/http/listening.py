"""A server of one connection at a time, which keeps what it was sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod


class ListeningServer(ABC):
    """Listens in a thread of its own until it is closed; a peer that goes away ends nothing."""

    scheme = "http"

    def __init__(self) -> None:
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{self.scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    @abstractmethod
    def listen_to(self, connection: socket.socket) -> None:
        """Take what comes over a connection, and answer it."""

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError):
                self.listen_to(connection)

"""Health and metrics over plain HTTP, in a thread: /startupz, /livez, /readyz, /metrics."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self

from roottrust.agent.metrics import CONTENT_TYPE
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason

METRICS = "/metrics"

_INDEX = "roottrust agent\n\n/startupz\n/livez\n/readyz\n/metrics\n"
_TEXT = "text/plain; charset=utf-8"
_CLIENT_SECONDS = 5.0

# Returns why something is not well, None if it is.
Check = Callable[[], str | None]


class HealthServer:
    """Serves while it is entered as a context; `checks` are asked by the path of each."""

    def __init__(
        self, port: int, *, checks: Mapping[str, Check], render_metrics: Callable[[], bytes]
    ) -> None:
        self._server = _open(port, _build_handler(checks, render_metrics))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="health", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._server.socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    """http.server's own would look its host's name up first: seconds without a name server."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class _DualServer(_Server):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        # Probes come over either protocol.
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def _open(port: int, handler: type[BaseHTTPRequestHandler]) -> _Server:
    try:
        if socket.has_dualstack_ipv6():
            return _DualServer(("::", port), handler)
        return _Server(("0.0.0.0", port), handler)  # noqa: S104 - probes come from the node
    except OSError as failure:
        raise DependencyMissingError(
            f"Port {port} cannot be listened at ({failure.strerror}): set ROOTTRUST_AGENT_PORT to "
            "one that is free in istiod's pod.",
            reason=Reason.INTERNAL_ERROR,
        ) from None


def _build_handler(
    checks: Mapping[str, Check], render_metrics: Callable[[], bytes]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _CLIENT_SECONDS
        server_version = "roottrust-agent"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == METRICS:
                self._answer(HTTPStatus.OK, render_metrics(), CONTENT_TYPE)
            elif path in checks:
                why = checks[path]()
                status = HTTPStatus.OK if why is None else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, f"{why or 'ok'}\n".encode())
            elif path == "/":
                self._answer(HTTPStatus.OK, _INDEX.encode())
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"there is nothing here\n")

        def _answer(self, status: HTTPStatus, body: bytes, content_type: str = _TEXT) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
            """Log no probe."""

    return Handler

"""A configured Vault that has been taken over: it sends whoever asks to somebody else."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOKUP = "/v1/auth/token/lookup-self"
# Those that keep method and body, and those that make a GET of it.
REDIRECTS = (307, 308, 301, 302, 303)


class Redirector:
    """Answers everything with one redirect after another, but what `answers` has for a path."""

    def __init__(self, target: str, answers: dict[str, dict[str, Any]]) -> None:
        self.asked: list[str] = []
        redirector = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                redirector.asked.append(f"{self.command} {self.path}")
                found = answers.get(self.path)
                body = b"" if found is None else json.dumps(found).encode()
                if found is None:
                    self.send_response(REDIRECTS[len(redirector.asked) % len(REDIRECTS)])
                    self.send_header("Location", target + self.path)
                else:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

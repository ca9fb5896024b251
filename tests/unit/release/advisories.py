"""A service of advisories that speaks as OSV does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIME = "2026-01-01T00:00:00Z"


def build_advisory(package: str, *, fixed: str | None) -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": "GHSA-test-test-test",
        "aliases": ["CVE-2026-0001"],
        "modified": TIME,
        "published": TIME,
        "summary": "It can be talked into it",
        "affected": [
            {
                "package": {"name": package, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }


@contextmanager
def serve_advisories(*advisories: dict[str, Any], status: int = 200) -> Iterator[str]:
    """Yield the service's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            names = [query["package"]["name"] for query in queries]
            self.answer(
                {"results": [{"vulns": find(name)} if find(name) else {} for name in names]}
            )

        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[1]
            self.answer(next(each for each in advisories if each["id"] == name))

        def answer(self, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    def find(package: str) -> list[dict[str, str]]:
        return [
            {"id": each["id"], "modified": TIME}
            for each in advisories
            if each["affected"][0]["package"]["name"] == package
        ]

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

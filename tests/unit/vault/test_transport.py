from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from roottrust.domain.errors import InvalidSpecError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.vault.connection import VaultConnection
from roottrust.vault.transport import VaultTransport

TOKEN = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"


class Stub:
    """A server that answers everything with one answer and notes what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.headers = {"Content-Type": "application/json"}
        self.body = b'{"data": {"a": 1}}'
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                content = self.rfile.read(length)
                body = json.loads(content) if content else None
                stub.asked.append((self.command, self.path, dict(self.headers), body))
                self.send_response(stub.status)
                for name, value in stub.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(stub.body)))
                self.end_headers()
                self.wfile.write(stub.body)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    thread = threading.Thread(target=stub.server.serve_forever, args=(0.01,))
    thread.start()
    yield stub
    stub.server.shutdown()
    thread.join()
    stub.server.server_close()


@pytest.fixture
def transport(stub: Stub) -> Iterator[VaultTransport]:
    connection = VaultConnection(address="https://vault", endpoint=stub.url, timeout_seconds=5)
    transport = VaultTransport(connection, pool_size=2)
    yield transport
    transport.close()


def test_sends_token_namespace_and_body(stub: Stub, transport: VaultTransport) -> None:
    response = transport.send(
        "POST", "auth/x/login", token=SecretStr(TOKEN), namespace="team/a", body={"k": "v"}
    )
    ((method, path, headers, body),) = stub.asked
    assert (method, path, body) == ("POST", "/v1/auth/x/login", {"k": "v"})
    assert headers["X-Vault-Token"] == TOKEN
    assert headers["X-Vault-Namespace"] == "team/a/"
    assert headers["X-Vault-Request"] == "true"
    assert response.is_success
    assert response.body == {"data": {"a": 1}}


def test_lists_by_get_for_the_sake_of_proxies(stub: Stub, transport: VaultTransport) -> None:
    transport.send("LIST", "pki/issuers")
    assert stub.asked[0][:2] == ("GET", "/v1/pki/issuers?list=true")


def test_path_is_quoted(stub: Stub, transport: VaultTransport) -> None:
    transport.send("GET", "kv/a b?c#d%e")
    assert stub.asked[0][1] == "/v1/kv/a%20b%3Fc%23d%25e"


@pytest.mark.parametrize("path", ["pki/../sys/mounts", "./x", "a//b", "..", ""])
def test_path_cannot_leave_its_mount(stub: Stub, transport: VaultTransport, path: str) -> None:
    with pytest.raises(InvalidSpecError):
        transport.send("GET", path)
    assert stub.asked == []


def test_redirect_is_not_followed(stub: Stub, transport: VaultTransport) -> None:
    stub.status = 307
    stub.headers["Location"] = "http://evil.example/v1/x"
    assert transport.send("GET", "x", token=SecretStr(TOKEN)).status == 307
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("value", "seconds"), [("3", 3.0), ("0.5", 0.5), ("Wed", None), ("-1", None), ("inf", None)]
)
def test_retry_after(
    stub: Stub, transport: VaultTransport, value: str, seconds: float | None
) -> None:
    stub.status = 429
    stub.headers["Retry-After"] = value
    response = transport.send("GET", "x")
    assert (response.status, response.retry_after_seconds) == (429, seconds)


def test_errors_are_read(stub: Stub, transport: VaultTransport) -> None:
    stub.status = 400
    stub.body = b'{"errors": ["one", "two"]}'
    assert transport.send("GET", "x").errors == ("one", "two")


def test_error_page_of_something_else_is_no_body(stub: Stub, transport: VaultTransport) -> None:
    stub.status = 503
    stub.headers["Content-Type"] = "text/html"
    stub.body = b"<html>no backend</html>"
    response = transport.send("GET", "x")
    assert (response.status, response.errors) == (503, ())


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[1]", b"{"])
def test_answer_that_is_not_of_vault(stub: Stub, transport: VaultTransport, body: bytes) -> None:
    stub.body = body
    with pytest.raises(TransientError, match="does not answer as Vault does"):
        transport.send("GET", "x")


def test_netrc_is_not_used(
    stub: Stub, transport: VaultTransport, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    transport.send("GET", "x")
    assert "Authorization" not in stub.asked[0][2]


def test_response_keeps_its_body_to_itself(stub: Stub, transport: VaultTransport) -> None:
    stub.body = json.dumps({"auth": {"client_token": TOKEN}}).encode()
    assert TOKEN not in repr(transport.send("GET", "x"))


def test_failure_does_not_hold_the_request(transport: VaultTransport, stub: Stub) -> None:
    connection = VaultConnection(address="https://vault", endpoint="http://127.0.0.1:1")
    nowhere = VaultTransport(connection, pool_size=1)
    with pytest.raises(TransientError) as caught:
        nowhere.send("GET", "x", token=SecretStr(TOKEN))
    nowhere.close()
    assert caught.value.reason == Reason.UNREACHABLE
    assert caught.value.__suppress_context__

"""The probe against servers that istiod never is: everything that must not hold an agent up."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from roottrust.agent.istiod_probe import ProbeResult, Serving, probe_istiod
from roottrust.domain.certificate import UnreadableCertificateError
from tests.unit.domain.authorities import Authority, make_root

NAME = "istiod.istio-system.svc"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ROOT = make_root(begin=NOW - DAY, end=NOW + DAY)
ISSUED = ROOT.issue(begin=NOW - DAY, end=NOW + DAY)


def serve(
    issuer: Authority, *, begin: datetime = NOW - DAY, end: datetime = NOW + DAY
) -> Authority:
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    return issuer.issue(
        "", is_ca=False, path_length=None, usage=None, extensions=[names], begin=begin, end=end
    )


@contextmanager
def listen(chain: str, key: str, folder: Path) -> Iterator[int]:
    """Serve a chain to whoever comes."""
    (folder / "chain").write_text(chain)
    (folder / "key").write_text(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain", folder / "key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_answer, args=(server, context))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                continue


def probe(
    port: int, *, chain: str = ISSUED.pem, name: str = NAME, seconds: float = 5
) -> ProbeResult:
    return probe_istiod(
        "127.0.0.1", port, name=name, chain=chain, trust_bundle=ROOT.pem, timeout_seconds=seconds
    )


def test_chain_of_the_intermediate_is_seen(tmp_path: Path) -> None:
    leaf = serve(ISSUED)
    with listen(leaf.pem + ISSUED.pem, leaf.key_pem, tmp_path) as port:
        assert probe(port).serving is Serving.THIS


def test_intermediate_that_is_not_served_with_its_leaf_is_not_enough(tmp_path: Path) -> None:
    leaf = serve(ISSUED)
    with listen(leaf.pem, leaf.key_pem, tmp_path) as port:
        seen = probe(port)
    assert seen.serving is Serving.OLDER
    assert "does not lead to 'CN=Root'" in seen.message


def test_leaf_that_is_out_of_its_time_is_told(tmp_path: Path) -> None:
    for begin, end in ((NOW - DAY, NOW - DAY / 2), (NOW + DAY / 2, NOW + DAY)):
        leaf = serve(ISSUED, begin=begin, end=end)
        with listen(leaf.pem + ISSUED.pem, leaf.key_pem, tmp_path) as port:
            seen = probe(port)
        assert seen.serving is Serving.UNUSABLE
        assert "clock" in seen.message


def test_files_that_lead_to_no_pinned_root_are_compared_with_what_is_served(
    tmp_path: Path,
) -> None:
    leaf = serve(ISSUED)
    stray = make_root("Other").issue()
    with listen(leaf.pem + ISSUED.pem, leaf.key_pem, tmp_path) as port:
        assert probe(port, chain=stray.pem).serving is Serving.FOREIGN


def test_nothing_that_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    seen = probe(port)
    assert seen.serving is Serving.NOTHING
    assert "connection refused" in seen.message


def test_server_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = probe(server.getsockname()[1], seconds=0.1)
    assert seen.serving is Serving.NOTHING
    assert "no answer in time" in seen.message


def test_server_that_speaks_no_tls_is_told() -> None:
    def greet(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=greet, args=(server,))
        thread.start()
        seen = probe(server.getsockname()[1])
        thread.join()
    assert seen.serving is Serving.NOTHING


def test_texts_that_are_no_certificates_are_refused() -> None:
    with pytest.raises(UnreadableCertificateError):
        probe(1, chain="")

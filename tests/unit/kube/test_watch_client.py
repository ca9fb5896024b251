from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.kubeconfig import ClusterAccess
from roottrust.domain.reasons import Reason
from roottrust.kube import transport, watch_client
from roottrust.kube.cluster_access import build_access, replace_token
from roottrust.kube.kind import SECRETS
from roottrust.kube.watch_client import WatchClient, WatchEvent
from tests.unit.domain.kubeconfigs import CA_PEM
from tests.unit.web_server import serve

PLACE = {"namespace": "ns", "name": "x", "resourceVersion": "7"}


class StreamServer:
    """An API server whose answer comes in pieces."""

    def __init__(self) -> None:
        self.status = 200
        self.pieces: list[bytes] = []
        self.stays_open = False
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path_qs, request.headers["Authorization"]))
        response = web.StreamResponse(status=self.status)
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
        if self.stays_open:
            await asyncio.sleep(5)
        return response


@pytest.fixture
async def stream() -> AsyncIterator[StreamServer]:
    stub = StreamServer()
    async with serve(stub.handle) as stub.url:
        yield stub


@pytest.fixture
async def client(stream: StreamServer) -> AsyncIterator[WatchClient]:
    access = build_access(
        ClusterAccess(server=stream.url, ca_pem=CA_PEM, token=SecretStr("first-token"))
    )
    client = WatchClient(access)
    yield client
    await client.close()


async def watch(client: WatchClient, *, silence_seconds: float = 5.0) -> list[WatchEvent]:
    events = client.watch(
        SECRETS,
        namespace="ns",
        label_selector="a=b",
        version="5",
        silence_seconds=silence_seconds,
    )
    return [event async for event in events]


def build_line(type_: str = "ADDED", **found: Any) -> bytes:
    return json.dumps({"type": type_, "object": {"metadata": PLACE, **found}}).encode() + b"\n"


async def test_a_watch_yields_what_changes_since_a_version(
    client: WatchClient, stream: StreamServer
) -> None:
    line = build_line(data={"k": "v"})
    stream.pieces = [line[:10], line[10:] + build_line("BOOKMARK")]
    added, bookmark = await watch(client)
    assert (added.type, added.found["data"], added.version) == ("ADDED", {"k": "v"}, "7")
    assert added.size == len(line) - 1
    assert bookmark.type == "BOOKMARK"
    ((path, token),) = stream.asked
    assert path.startswith("/api/v1/namespaces/ns/secrets?watch=true&allowWatchBookmarks=true")
    assert "resourceVersion=5" in path
    assert "labelSelector=a%3Db" in path
    assert token == "Bearer first-token"


async def test_another_token_is_sent_from_the_next_request_on(
    client: WatchClient, stream: StreamServer
) -> None:
    await watch(client)
    replace_token(client.access, SecretStr("second-token"))
    await watch(client)
    assert [token for _, token in stream.asked] == ["Bearer first-token", "Bearer second-token"]


async def test_silence_is_a_dead_connection(client: WatchClient, stream: StreamServer) -> None:
    stream.stays_open = True
    with pytest.raises(TransientError, match="no answer in time"):
        await watch(client, silence_seconds=0.2)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"type": "ERROR", "object": {"code": 410, "message": "too old"}}\n', TransientError),
        (b'{"type": "ERROR", "object": {"code": 403}}\n', AccessDeniedError),
        (b'{"type": "OTHER", "object": {}}\n', TransientError),
        (b'{"type": "ADDED", "object": {"metadata": {"name": "x"}}}\n', TransientError),
        (b'{"type": "ADDED", "object": 7}\n', TransientError),
        (b"[" * 50_000 + b"\n", TransientError),
        (b"[]\n", TransientError),
        (b"words\n", TransientError),
    ],
)
async def test_what_is_no_change_ends_the_watch(
    client: WatchClient, stream: StreamServer, line: bytes, kind: type[RootTrustError]
) -> None:
    stream.pieces = [line]
    with pytest.raises(kind):
        await watch(client)


async def test_a_watch_that_is_refused_says_so(client: WatchClient, stream: StreamServer) -> None:
    stream.status, stream.pieces = 403, [b'{"message": "no"}']
    with pytest.raises(AccessDeniedError) as caught:
        await watch(client)
    assert caught.value.capability == "watch"


async def test_a_line_without_an_end_is_not_read_to_its_end(
    client: WatchClient, stream: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LINE_BYTES_MAX", 1000)
    stream.pieces = [b"x" * 800] * 3
    with pytest.raises(TransientError, match="more than the hub reads") as caught:
        await watch(client)
    assert caught.value.reason is Reason.CLUSTER_TOO_LARGE


async def test_a_list_is_read_page_by_page(client: WatchClient, stream: StreamServer) -> None:
    metadata = {"resourceVersion": "9", "continue": "more"}
    answer = {"metadata": metadata, "items": [{"metadata": PLACE}, {"metadata": {}}, 7]}
    stream.pieces = [json.dumps(answer).encode()]
    page = await client.list_page(SECRETS, namespace="ns", following="before")
    assert (page.version, page.following) == ("9", "more")
    assert [each["metadata"] for each in page.items] == [PLACE]
    ((path, _),) = stream.asked
    assert "limit=100" in path
    assert path.endswith("continue=before")


async def test_an_answer_that_is_too_large_is_not_read(
    stream: StreamServer, client: WatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_client, "ANSWER_BYTES_MAX", 1000)
    bounded = WatchClient(client.access)
    stream.pieces = [b"x" * 800] * 3
    with pytest.raises(TransientError, match="more than the hub reads"):
        await bounded.list_page(SECRETS)
    await bounded.close()


async def test_a_kind_that_is_not_known_is_missing(
    client: WatchClient, stream: StreamServer
) -> None:
    stream.status, stream.pieces = 404, [b"404 page not found"]
    with pytest.raises(DependencyMissingError):
        await client.list_page(SECRETS)


@pytest.mark.parametrize("code", [None, "gone", [410], {}])
async def test_an_error_in_a_watch_may_have_any_code(
    client: WatchClient, stream: StreamServer, code: Any
) -> None:
    stream.pieces = [json.dumps({"type": "ERROR", "object": {"code": code}}).encode() + b"\n"]
    with pytest.raises(TransientError):
        await watch(client)

"""An API server that answers what a test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from tests.unit.web_server import serve


class StubServer:
    def __init__(self) -> None:
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.url = ""

    def answer(self, status: int, body: Any, **headers: str) -> None:
        self.answers.append((status, body, headers))

    async def handle(self, request: web.Request) -> web.Response:
        content = await request.read()
        body = json.loads(content) if content else None
        self.asked.append((request.method, request.path_qs, _read_headers(request), body))
        status, answer, headers = self.answers.pop(0)
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, headers=headers)
        return web.json_response(answer, status=status, headers=headers)


def _read_headers(request: web.Request) -> dict[str, str]:
    """Return the headers by their usual spelling."""
    return {name.title(): value for name, value in request.headers.items()}


@pytest.fixture
async def server() -> AsyncIterator[StubServer]:
    stub = StubServer()
    async with serve(stub.handle) as stub.url:
        yield stub


@pytest.fixture
def writes() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
async def client(
    server: StubServer, writes: list[tuple[str, str, str]]
) -> AsyncIterator[KubeClient]:
    configuration = Configuration(host=server.url)
    configuration.api_key["BearerToken"] = "Bearer abcdefgh"
    client = KubeClient(
        KubeAccess(configuration=configuration, ca_pem=None),
        on_write=lambda *, verb, kind, result: writes.append((verb, kind, result)),
    )
    yield client
    await client.close()

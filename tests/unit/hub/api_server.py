"""The API server of another cluster, over HTTP: it lists, watches, reviews and is patched."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web

from tests.unit.web_server import serve

CERTIFICATES = "/apis/internal.gloo.solo.io/v2/issuedcertificates"
POLICIES = "/apis/admin.gloo.solo.io/v2/roottrustpolicies"
MESHES = "/apis/internal.gloo.solo.io/v2/meshes"


class ApiServer:
    """What a test puts into `items` is listed, what it sends is watched, `raw` is told as it is."""

    def __init__(self) -> None:
        self.url = ""
        self.items: dict[str, list[dict[str, Any]]] = {MESHES: [], CERTIFICATES: []}
        self.raw: dict[str, dict[str, Any]] = {}
        self.hanging: set[str] = set()
        self.allowed = True
        self.denied: frozenset[str] = frozenset()
        self.status = 200
        self.hangs = False
        self.patched: list[str] = []
        self.takes_directives = False
        self.created: list[str] = []
        self.tokens: set[str] = set()
        self.asked: set[str] = set()
        self.watches: list[tuple[str, web.StreamResponse]] = []
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        self.url = await self._stack.enter_async_context(serve(self._handle))

    async def stop(self) -> None:
        await self._stack.aclose()

    async def send(self, path: str, type_: str, found: dict[str, Any]) -> None:
        """Have a change watched."""
        line = json.dumps({"type": type_, "object": found}).encode() + b"\n"
        for watched, response in self.watches:
            if watched == path:
                await response.write(line)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.add(request.path)
        self.tokens.add(request.headers["Authorization"].removeprefix("Bearer "))
        if self.hangs or request.path in self.hanging:
            await asyncio.sleep(3600)
        if self.status != 200:
            return web.json_response({"message": "no"}, status=self.status)
        if request.path.endswith("/podbouncedirectives"):
            return await self._take_directive(request)
        if request.method == "POST":
            asked = (await request.json())["spec"]["resourceAttributes"]
            is_allowed = self.allowed and asked["resource"] not in self.denied
            return web.json_response({"status": {"allowed": is_allowed}})
        if request.method == "PATCH":
            self.patched.append(request.path)
            return web.json_response({"metadata": {"name": "x"}})
        if request.query.get("watch"):
            return await self._watch(request)
        if request.path in self.raw:
            return web.json_response(self.raw[request.path])
        if request.path in self.items:
            metadata = {"resourceVersion": "100"}
            return web.json_response({"metadata": metadata, "items": self.items[request.path]})
        return web.json_response({"message": "none", "details": {"name": "x"}}, status=404)

    async def _take_directive(self, request: web.Request) -> web.Response:
        if not self.takes_directives:
            return web.json_response({"message": "no"}, status=403)
        found = await request.json()
        self.created.append(found["metadata"]["name"])
        return web.json_response(found, status=201)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches.append((request.path, response))
        await asyncio.sleep(3600)
        return response

"""The API server of another cluster, over HTTP: it lists, watches, reviews and is patched."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

CERTIFICATES = "/apis/internal.gloo.solo.io/v2/issuedcertificates"
MESHES = "/apis/internal.gloo.solo.io/v2/meshes"


class ApiServer:
    """What a test puts into `items` is listed, what it sends is watched."""

    def __init__(self) -> None:
        self.url = ""
        self.items: dict[str, list[dict[str, Any]]] = {MESHES: [], CERTIFICATES: []}
        self.allowed = True
        self.status = 200
        self.hangs = False
        self.patched: list[str] = []
        self.tokens: set[str] = set()
        self.watches: list[tuple[str, web.StreamResponse]] = []
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def send(self, path: str, type_: str, found: dict[str, Any]) -> None:
        """Have a change watched."""
        line = json.dumps({"type": type_, "object": found}).encode() + b"\n"
        for watched, response in self.watches:
            if watched == path:
                await response.write(line)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.tokens.add(request.headers["Authorization"].removeprefix("Bearer "))
        if self.hangs:
            await asyncio.sleep(3600)
        if self.status != 200:
            return web.json_response({"message": "no"}, status=self.status)
        if request.method == "POST":
            return web.json_response({"status": {"allowed": self.allowed}})
        if request.method == "PATCH":
            self.patched.append(request.path)
            return web.json_response({"metadata": {"name": "x"}})
        if request.query.get("watch"):
            return await self._watch(request)
        if request.path in self.items:
            metadata = {"resourceVersion": "100"}
            return web.json_response({"metadata": metadata, "items": self.items[request.path]})
        return web.json_response({"message": "none", "details": {"name": "x"}}, status=404)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches.append((request.path, response))
        await asyncio.sleep(3600)
        return response

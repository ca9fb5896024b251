"""The process in front of a hostile cluster's API server; `python -m` runs it.

Whoever owns a cluster owns what answers in its name. This passes everything on, and from SIGUSR1 on
it tells watches of Meshes of changes that no API server could make so fast. It prints its port once
it listens, and then once a second how many changes it has told of.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from itertools import cycle, islice
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

ADDRESS = "127.0.0.1"
A_SECOND = 1_000

_TICK_SECONDS = 0.05
_PART = round(A_SECOND * _TICK_SECONDS)
_HOP = frozenset({"host", "connection", "transfer-encoding", "content-length", "accept-encoding"})
# Its own versions are those of the API server with so many digits more, to be told apart.
_SHIFT = 10**9


class LyingServer:
    """Passes requests on, and makes up changes of what Meshes are selected by."""

    def __init__(self, session: aiohttp.ClientSession, upstream: str) -> None:
        self._session = session
        self._upstream = upstream
        self.told = 0
        self.begun = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Pass one request on."""
        url = URL(f"{self._upstream}{request.rel_url.raw_path}", encoded=True)
        headers = {key: value for key, value in request.headers.items() if _passes(key)}
        headers["Accept-Encoding"] = "identity"  # what is to be added to must be read
        async with self._session.request(
            request.method,
            url.with_query(_set_back(dict(request.query))),
            headers=headers,
            data=await request.read() or None,
        ) as answer:
            passed = {key: value for key, value in answer.headers.items() if _passes(key)}
            response = web.StreamResponse(status=answer.status, headers=passed)
            await response.prepare(request)
            if "watch" in request.query and request.path.endswith("/meshes"):
                await self._lie(answer, response, await self._list(url, headers))
            else:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            await response.write_eof()
        return response

    async def _list(self, url: URL, headers: dict[str, str]) -> dict[str, dict[str, Any]]:
        """Return the objects that a watch begins with, by uid."""
        async with self._session.get(url, headers=headers) as answer:
            listed = await answer.json()
        head = {"apiVersion": listed["apiVersion"], "kind": "Mesh"}
        return {each["metadata"]["uid"]: head | each for each in listed["items"]}

    async def _lie(
        self,
        answer: aiohttp.ClientResponse,
        response: web.StreamResponse,
        known: dict[str, dict[str, Any]],
    ) -> None:
        """Tell what is true, and much that is not in between."""
        lying = asyncio.create_task(self._go_on(response, known))
        try:
            async for line in answer.content:
                event = json.loads(line)
                found = event["object"]
                if event["type"] in ("ADDED", "MODIFIED"):
                    known[found["metadata"]["uid"]] = found
                elif event["type"] == "DELETED":
                    known.pop(found["metadata"]["uid"], None)
                await response.write(line)
        finally:
            lying.cancel()

    async def _go_on(self, response: web.StreamResponse, known: dict[str, dict[str, Any]]) -> None:
        await self.begun.wait()
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            lines = [self._make_up(each) for each in islice(cycle(known.values()), _PART)]
            await response.write(b"".join(lines))
            due = max(due + _TICK_SECONDS, loop.time() - 1)
            await asyncio.sleep(due - loop.time())

    def _make_up(self, found: dict[str, Any]) -> bytes:
        self.told += 1
        metadata, istio = found["metadata"], found["spec"]["istio"]
        version = int(metadata["resourceVersion"]) * _SHIFT + self.told
        installation = {**istio["installation"], "podLabels": {"app": f"istiod-{self.told}"}}
        changed = {
            **found,
            "metadata": {**metadata, "resourceVersion": str(version), "generation": self.told},
            "spec": {**found["spec"], "istio": {**istio, "installation": installation}},
        }
        return json.dumps({"type": "MODIFIED", "object": changed}).encode() + b"\n"


def _set_back(query: dict[str, str]) -> dict[str, str]:
    """Return a query with a version that the API server knows."""
    version = query.get("resourceVersion", "")
    if version.isdecimal() and int(version) >= _SHIFT:
        return query | {"resourceVersion": str(int(version) // _SHIFT)}
    return query


def _passes(header: str) -> bool:
    return header.lower() not in _HOP


async def _run(upstream: str, ca_file: str, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca_file), limit=0)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        read_bufsize=2**22,
    ) as session:
        server = LyingServer(session, upstream)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, server.begun.set)
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", server.answer)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, ADDRESS, 0, ssl_context=context)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        while True:
            await asyncio.sleep(1)
            print(server.told, flush=True)


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))

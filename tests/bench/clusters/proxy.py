"""The process in front of the one API server that stands for many; `python -m` runs it.

It prints its ports as JSON once it listens: `live`, `silent` (accepts, and never answers) and
`refused` (nobody listens there).
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
from collections import Counter

import aiohttp
from aiohttp import web
from yarl import URL

from tests.bench.clusters.proxy_path import classify, split_path

ADDRESS = "127.0.0.1"
COUNTS_PATH = "/counts"

_BACKLOG = 1024
_HOP = frozenset({"host", "connection", "transfer-encoding", "content-length", "keep-alive"})


class Proxy:
    """Passes requests on, and counts them."""

    def __init__(self, session: aiohttp.ClientSession, upstream: str) -> None:
        self._session = session
        self._upstream = upstream
        self._counts: Counter[str] = Counter()
        self._clients: set[asyncio.Transport] = set()

    async def tell(self, request: web.Request) -> web.Response:
        """Tell how many requests there were, and how many connections clients have open now."""
        del request
        self._clients = {each for each in self._clients if not each.is_closing()}
        return web.json_response({**self._counts, "connections": len(self._clients)})

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Pass one request on."""
        if request.transport is not None:
            self._clients.add(request.transport)
        _, path = split_path(request.rel_url.raw_path)
        is_watch = "watch" in request.query
        self._counts[classify(request.method, path, is_watch=is_watch)] += 1
        query = request.rel_url.raw_query_string
        url = URL(f"{self._upstream}{path}{'?' if query else ''}{query}", encoded=True)
        headers = {key: value for key, value in request.headers.items() if _passes(key)}
        async with self._session.request(
            request.method, url, headers=headers, data=await request.read() or None
        ) as answer:
            passed = {key: value for key, value in answer.headers.items() if _passes(key)}
            response = web.StreamResponse(status=answer.status, headers=passed)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
        return response


def _passes(header: str) -> bool:
    return header.lower() not in _HOP


async def _stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(2**16):
        pass
    writer.close()


async def _run(upstream: str, ca_file: str, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca_file), limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False
    ) as session:
        proxy = Proxy(session, upstream)
        app = web.Application(client_max_size=2**24)
        app.router.add_get(COUNTS_PATH, proxy.tell)
        app.router.add_route("*", "/{path:.*}", proxy.forward)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await runner.setup()
        live = _bind()
        await web.SockSite(runner, live, ssl_context=context, backlog=_BACKLOG).start()
        silent = _bind()
        await asyncio.start_server(_stay_silent, sock=silent, backlog=_BACKLOG)
        refused = _bind()  # held, so that nobody else gets the port
        ports = {"live": live, "silent": silent, "refused": refused}
        print(json.dumps({name: each.getsockname()[1] for name, each in ports.items()}), flush=True)
        await asyncio.Event().wait()


def _bind() -> socket.socket:
    found = socket.socket()
    found.bind((ADDRESS, 0))
    return found


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))

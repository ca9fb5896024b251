"""A server between an operator and what it talks to: it keeps what passes, and can hold it up."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

START_SECONDS = 10.0

_READS = {"GET", "HEAD"}
_OF_ONE_CONNECTION = {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"}

Result = TypeVar("Result")


class Hold:
    """What waits at one place until it is released."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.reached = threading.Event()
        self._loop = loop
        self._free = asyncio.Event()

    async def wait(self) -> None:
        self.reached.set()
        await self._free.wait()

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._free.set)


class Recorder:
    """Passes every request on to a server; each has a connection of its own."""

    def __init__(
        self, target: str, *, ca_file: Path, certificate: tuple[Path, Path] | None = None
    ) -> None:
        self._target = target
        self._trust = ssl.create_default_context(cafile=str(ca_file))
        self._certificate = certificate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="recorder")
        self._requests: list[str] = []
        self._holds: dict[int, Hold] = {}
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        self._call(self._open())

    def close(self) -> None:
        for hold in self._holds.values():
            hold.release()
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def requests(self) -> list[str]:
        """Everything that was asked, as in `GET /v1/sys/mounts`."""
        return list(self._requests)

    @property
    def writes(self) -> list[str]:
        """What could have changed something."""
        return [each for each in self._requests if each.split()[0] not in _READS]

    def hold_answer(self, number: int) -> Hold:
        """Pass the write of that number on, but not its answer."""
        return self._holds.setdefault(number, Hold(self._loop))

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trust, limit=0), auto_decompress=False
        )
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._build_tls())
        await site.start()
        scheme = "https" if self._certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _shut(self) -> None:
        await self._runner.cleanup()
        await self._session.close()
        rest = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _build_tls(self) -> ssl.SSLContext | None:
        if self._certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._certificate)
        return context

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self._requests.append(f"{request.method} {request.path}")
        hold = self._holds.get(len(self.writes))
        headers = {
            name: value for name, value in request.headers.items() if name not in _OF_ONE_CONNECTION
        }
        async with self._session.request(
            request.method,
            self._target + request.raw_path,
            headers=headers,
            data=body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as found:
            if hold is not None and request.method not in _READS:
                await hold.wait()
            return await _answer(request, found)


async def _answer(request: web.Request, found: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {
        name: value for name, value in found.headers.items() if name not in _OF_ONE_CONNECTION
    }
    response = web.StreamResponse(status=found.status, headers=headers)
    response.force_close()
    await response.prepare(request)
    async for chunk in found.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response

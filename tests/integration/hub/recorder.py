"""A server between an operator and what it talks to: it keeps what passes, and can interfere."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from tests.integration.hub.interference import Answer, Call, CutError, HoldAnswer, Interference
from tests.integration.hub.waiting import wait_for

START_SECONDS = 10.0

_OF_ONE_CONNECTION = {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"}

Result = TypeVar("Result")


class _Stream:
    """An answer on its way."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.flows = asyncio.Event()
        self.flows.set()


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
        self._interference = Interference()
        self._first = 0
        self._streams: set[_Stream] = set()
        self._port = 0
        self.calls: list[Call] = []
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        self._call(self._open())

    def close(self) -> None:
        self._interference.release()
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def requests(self) -> list[str]:
        """Everything that was asked, as in `GET /v1/sys/mounts`."""
        return [str(each) for each in self.calls]

    @property
    def writes(self) -> list[str]:
        """What could have changed something."""
        return [str(each) for each in self.calls if each.is_write]

    def list_happened(self, since: int) -> list[str]:
        """Return the writes that the server did, from a number of calls on.

        What a write has made can be seen before its answer has passed here, so that is waited for.
        """
        met = self.calls[since:]
        wait_for(
            lambda: [str(each) for each in met if not each.is_read and not each.is_over], _is_empty
        )
        return [str(each) for each in met if each.has_happened]

    def interfere(self, interference: Interference) -> None:
        """Have it meet everything from now on; writes are counted anew, from 1."""
        self._interference.release()
        self._first = len(self.writes)
        self._interference = interference

    def hold_answer(self, number: int) -> HoldAnswer:
        """Pass the write of that number from now on, but not its answer."""
        hold = HoldAnswer(lambda call: call.is_number(number))
        self.interfere(hold)
        return hold

    def refuse_connections(self) -> None:
        """Stop listening, as a server that is down; `listen` ends it."""
        self._call(self._site.stop())

    def listen(self) -> None:
        """Listen again at the same port."""
        self._call(self._listen())

    def cut_streams(self) -> None:
        """Cut every connection whose answer is not complete, such as a watch's."""
        self._loop.call_soon_threadsafe(self._cut_streams)

    def stall_streams(self) -> None:
        """Bring nothing more to them, without a word: each looks like a quiet one."""
        self._loop.call_soon_threadsafe(self._stall_streams)

    def _cut_streams(self) -> None:
        for each in self._streams:
            _cut(each.request)

    def _stall_streams(self) -> None:
        for each in self._streams:
            each.flows.clear()

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trust, limit=0), auto_decompress=False
        )
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._meet)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()
        self._port = self._runner.addresses[0][1]
        scheme = "https" if self._certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._port}"

    async def _listen(self) -> None:
        self._site = web.TCPSite(
            self._runner, "127.0.0.1", self._port, ssl_context=self._build_tls()
        )
        await self._site.start()

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

    async def _meet(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = Call(
            method=request.method,
            path=request.path,
            at=time.monotonic(),
            number=len(self.writes) - self._first + 1,
        )
        self.calls.append(call)
        interference = self._interference
        try:
            answer = await interference.meet(call)
            if answer is not None:
                return _give(answer)
            return await self._pass_on(request, body, call, interference)
        except (CutError, aiohttp.ClientConnectionError):
            return _cut(request)
        finally:
            call.is_over = True

    async def _pass_on(
        self, request: web.Request, body: bytes, call: Call, interference: Interference
    ) -> web.StreamResponse:
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
            call.status = found.status
            await interference.meet_answer(call)
            return await self._answer(request, found)

    async def _answer(
        self, request: web.Request, found: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        headers = {
            name: value for name, value in found.headers.items() if name not in _OF_ONE_CONNECTION
        }
        response = web.StreamResponse(status=found.status, headers=headers)
        response.force_close()
        await response.prepare(request)
        stream = _Stream(request)
        self._streams.add(stream)
        try:
            async for chunk in found.content.iter_any():
                await stream.flows.wait()
                await response.write(chunk)
        finally:
            self._streams.discard(stream)
        await response.write_eof()
        return response


def _is_empty(found: list[str]) -> bool:
    return not found


def _give(answer: Answer) -> web.Response:
    response = web.json_response(answer.body, status=answer.status, headers=answer.headers)
    response.force_close()
    return response


def _cut(request: web.Request) -> web.Response:
    """End the connection without an answer; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()

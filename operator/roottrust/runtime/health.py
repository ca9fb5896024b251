"""Health and metrics over HTTP: /livez, /readyz, /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from roottrust.runtime.listening import listen_everywhere
from roottrust.runtime.metrics import CONTENT_TYPE, Metrics
from roottrust.runtime.workers import Workers
from roottrust.runtime.workqueue import WorkQueue

STUCK_SECONDS = 120.0

# Returns why something is not well, None if it is.
Check = Callable[[], str | None]

_INDEX = "roottrust operator\n\n/livez\n/readyz\n/metrics\n"


class HealthServer:
    """Serves while it is entered as a context; checks are called at each request.

    `describe` adds a line to /readyz that people can read, and that decides nothing.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        metrics: Metrics,
        live: Mapping[str, Check],
        ready: Mapping[str, Check],
        describe: Callable[[], str] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._metrics = metrics
        self._live = live
        self._ready = ready
        self._describe = describe
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened at; the given one, or the one the system chose for 0."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._port

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._show_index)
        app.router.add_get("/livez", self._show_live)
        app.router.add_get("/readyz", self._show_ready)
        app.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._build_site(self._runner).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _build_site(self, runner: web.AppRunner) -> web.BaseSite:
        if self._host:
            return web.TCPSite(runner, self._host, self._port)
        return web.SockSite(runner, listen_everywhere(self._port))

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until the stop."""
        async with self:
            await stop.wait()

    async def _show_live(self, request: web.Request) -> web.Response:
        del request
        return _answer(self._live)

    async def _show_ready(self, request: web.Request) -> web.Response:
        del request
        return _answer(self._ready, more=self._describe() if self._describe else None)

    async def _show_metrics(self, request: web.Request) -> web.Response:
        body = self._metrics.render(request.query.getall("name[]", ()))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _show_index(self, request: web.Request) -> web.Response:
        del request
        return web.Response(text=_INDEX)


def _answer(checks: Mapping[str, Check], *, more: str | None = None) -> web.Response:
    results = {name: check() for name, check in checks.items()}
    lines = [f"[failed] {name}: {why}" if why else f"[ok] {name}" for name, why in results.items()]
    lines += [more] if more else []
    is_well = all(why is None for why in results.values())
    return web.Response(text="\n".join([*lines, ""]), status=200 if is_well else 503)


def build_queue_check(queue: WorkQueue[Any], *, stuck_seconds: float = STUCK_SECONDS) -> Check:
    """Return the check that due keys do not wait too long for a worker."""

    def check() -> str | None:
        age = queue.oldest_age_seconds
        return f"the oldest key has been due for {age:.0f} s" if age > stuck_seconds else None

    return check


def build_worker_check(workers: Workers[Any], *, stuck_seconds: float) -> Check:
    """Return the check that no reconcile runs forever."""

    def check() -> str | None:
        age = workers.longest_run_seconds
        return f"a reconcile has been running for {age:.0f} s" if age > stuck_seconds else None

    return check


def find_first_trouble(checks: Iterable[Check]) -> Check:
    """Return the check that all of these pass."""
    known = tuple(checks)

    def check() -> str | None:
        return next((trouble for each in known if (trouble := each())), None)

    return check

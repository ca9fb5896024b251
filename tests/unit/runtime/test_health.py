from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from roottrust.runtime.health import HealthServer, build_queue_check, build_worker_check
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.workqueue import WorkQueue


class Bench:
    def __init__(self) -> None:
        self.why: str | None = None
        self.role: str | None = None
        self.metrics = Metrics()
        self.server = HealthServer(
            host="127.0.0.1",
            port=0,
            metrics=self.metrics,
            live={"loop": lambda: None},
            ready={"watches": lambda: self.why, "queue": lambda: None},
            describe=lambda: self.role or "",
        )

    async def get(self, path: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.server.port}{path}") as answer,
        ):
            return answer.status, await answer.text()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    async with bench.server:
        yield bench


async def test_index_lists_the_pages(bench: Bench) -> None:
    status, text = await bench.get("/")
    assert status == 200
    assert {"/livez", "/readyz", "/metrics"} <= set(text.splitlines())


async def test_ready_lists_each_check(bench: Bench) -> None:
    assert await bench.get("/readyz") == (200, "[ok] watches\n[ok] queue\n")
    bench.why = "silent: meshes"
    assert await bench.get("/readyz") == (
        503,
        "[failed] watches: silent: meshes\n[ok] queue\n",
    )
    assert await bench.get("/livez") == (200, "[ok] loop\n")


async def test_ready_says_who_leads(bench: Bench) -> None:
    bench.role = "standby: b leads"
    assert await bench.get("/readyz") == (200, "[ok] watches\n[ok] queue\nstandby: b leads\n")


async def test_metrics_are_in_text_format(bench: Bench) -> None:
    bench.metrics.count_reconcile(result="ok", seconds=0.2)
    status, text = await bench.get("/metrics")
    assert status == 200
    assert 'roottrust_reconciles_total{result="ok"} 1.0' in text


async def test_run_ends_with_the_stop() -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Bench().server.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await task


async def test_queue_check(timer: Any) -> None:
    queue: WorkQueue[str] = WorkQueue(timer=timer)
    check = build_queue_check(queue)
    queue.add("a")
    await timer.advance(120)
    assert check() is None
    await timer.advance(1)
    assert check() == "the oldest key has been due for 121 s"


def test_worker_check() -> None:
    class Slow:
        longest_run_seconds = 700.0

    check = build_worker_check(Slow(), stuck_seconds=600)  # type: ignore[arg-type]
    assert check() == "a reconcile has been running for 700 s"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_by_default_it_listens_for_both_protocols(host: str) -> None:
    if "::" in host and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6 here")
    server = HealthServer(host="", port=0, metrics=Metrics(), live={}, ready={})
    async with (
        server,
        aiohttp.ClientSession() as session,
        session.get(f"http://{host}:{server.port}/livez") as answer,
    ):
        assert answer.status == 200

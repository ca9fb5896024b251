from __future__ import annotations

import asyncio
import os
import signal

import pytest

from roottrust.runtime.process import handle_signals, run_parts


async def wait_for_stop(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_signal_stops_all_parts() -> None:
    stop = asyncio.Event()
    with handle_signals(stop):
        task = asyncio.create_task(run_parts({"a": wait_for_stop, "b": wait_for_stop}, stop=stop))
        os.kill(os.getpid(), signal.SIGTERM)
        await task
    assert stop.is_set()


async def test_failure_of_one_part_stops_the_others_gracefully() -> None:
    finished: list[str] = []

    async def fail(stop: asyncio.Event) -> None:
        raise ValueError("broken")

    async def finish(stop: asyncio.Event) -> None:
        await stop.wait()
        await asyncio.sleep(0)
        finished.append("b")

    with pytest.raises(ExceptionGroup) as caught:
        await run_parts({"a": fail, "b": finish}, stop=asyncio.Event())
    assert finished == ["b"]
    assert caught.group_contains(ValueError, match="broken")


async def test_part_that_ends_early_is_a_failure() -> None:
    async def end(stop: asyncio.Event) -> None:
        return

    with pytest.raises(ExceptionGroup) as caught:
        await run_parts({"a": end, "b": wait_for_stop}, stop=asyncio.Event())
    assert caught.group_contains(RuntimeError, match="a has ended by itself")


async def test_cancelling_cancels_the_parts() -> None:
    cancelled: list[bool] = []

    async def hang(stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    task = asyncio.create_task(run_parts({"a": hang}, stop=asyncio.Event()))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == [True]

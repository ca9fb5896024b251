"""The process: signals stop it, and one part that fails stops all others."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

Part = Callable[[asyncio.Event], Awaitable[None]]

_SWITCH_SECONDS = 0.0005


def tune_interpreter() -> None:
    """Have neither other threads nor the garbage collector hold the event loop up."""
    # By default a busy thread, such as that of the watches, delays each of our answers by 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What is loaded by now stays, and need not be looked through again and again.
    gc.collect()
    gc.freeze()


@contextmanager
def handle_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set the event on SIGTERM and SIGINT; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def take(number: signal.Signals) -> None:
        logger.info("%s is received: stopping", number.name)
        stop.set()
        for other in signals:
            loop.remove_signal_handler(other)

    for number in signals:
        loop.add_signal_handler(number, take, number)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def run_parts(parts: dict[str, Part], *, stop: asyncio.Event) -> None:
    """Run all parts until the stop; each ends by itself after it.

    The failure or the early end of one part stops the others, gracefully, and is then raised (an
    ExceptionGroup): a process that only half works must be started anew.
    """

    async def run_part(name: str, part: Part) -> None:
        try:
            await part(stop)
            if not stop.is_set():
                raise RuntimeError(f"{name} has ended by itself")
        finally:
            stop.set()

    tasks = [asyncio.create_task(run_part(name, part), name=name) for name, part in parts.items()]
    try:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise ExceptionGroup("parts of the operator failed", failures)

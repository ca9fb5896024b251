"""Waiting for something to become true."""

from __future__ import annotations

import time
from collections.abc import Callable

from demo.errors import DemoError


def wait_until(probe: Callable[[], bool], trouble: str, *, seconds: float = 30) -> float:
    """Return how long it took; raises with the trouble when it takes too long."""
    started = time.monotonic()
    while not probe():
        if time.monotonic() - started > seconds:
            raise DemoError(f"{trouble} after {seconds:.0f} s.")
        time.sleep(0.1)
    return time.monotonic() - started

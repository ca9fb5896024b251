"""Waiting for the world to become as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_SECONDS = 30.0

Value = TypeVar("Value")


def wait_for(
    look: Callable[[], Value],
    holds: Callable[[Value], bool],
    *,
    seconds: float = DEADLINE_SECONDS,
    every: float = 0.1,
) -> Value:
    """Look until it holds, and return what was seen then; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while not holds(seen := look()):
        assert time.monotonic() < deadline, f"after {seconds:g} s this is still seen: {seen}"
        time.sleep(every)
    return seen

"""istiod for a part of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.agent.istiod import Istiod


@contextmanager
def running(istiod: Istiod) -> Iterator[None]:
    """Have it run and be ready."""
    istiod.start()
    istiod.wait_until_ready()
    try:
        yield
    finally:
        istiod.stop()

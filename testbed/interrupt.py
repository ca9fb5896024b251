"""One flag that stops everything under way, so that what was started can be taken down."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from testbed.errors import Interrupted

_requested = threading.Event()


def request() -> None:
    """Ask all work under way to stop at its next check."""
    _requested.set()


def reset() -> None:
    """Forget the request, so that tearing down can do its own work."""
    _requested.clear()


def check() -> None:
    """Raise Interrupted once a stop was requested."""
    if _requested.is_set():
        raise Interrupted("stopped")


def sleep(seconds: float) -> None:
    """Sleep, but wake at once when a stop is requested."""
    if _requested.wait(seconds):
        raise Interrupted("stopped")


@contextmanager
def shielded() -> Iterator[None]:
    """Let nothing interrupt the block: whoever presses Ctrl-C twice still gets all taken down."""
    reset()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def wait_until(probe: Callable[[], bool], *, seconds: float, every: float = 0.1) -> bool:
    """Poll until the probe holds, and tell whether it did in time."""
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            return False
        sleep(every)
    return True

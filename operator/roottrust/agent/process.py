"""The agent's process: the work in a thread, signals in the main one, so that both are prompt."""

from __future__ import annotations

import logging
import queue
import signal
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

# What a request to a server that does not answer would take is not waited for.
STOP_SECONDS = 1.5

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StoppedError(Exception):
    """The process was told to end: nothing new is begun."""


class Bell:
    """Wakes the work: because something has changed, or to end."""

    def __init__(self) -> None:
        self._rings = threading.Event()
        self._stop = threading.Event()

    def ring(self) -> None:
        """Say that something has changed."""
        self._rings.set()

    def stop(self) -> None:
        """Say that it is time to end."""
        self._stop.set()
        self._rings.set()

    def check(self) -> None:
        """Raise StoppedError once it is time to end."""
        if self._stop.is_set():
            raise StoppedError

    def wait(self, seconds: float | None) -> None:
        """Wait for a ring, or so long; raises StoppedError once it is time to end."""
        self.check()
        self._rings.wait(seconds)
        self._rings.clear()
        self.check()


def run_until_signal(work: Callable[[], None], bell: Bell) -> bool:
    """Do the work in a thread; return whether it came to its own end before a signal.

    A signal stops the bell; work that does not heed it in time ends with the process, as it could
    at any other moment. Raises what the work raises.
    """
    ends: queue.SimpleQueue[signal.Signals | BaseException | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - it is raised in the main thread
            ends.put(failure)
        else:
            ends.put(None)

    # SimpleQueue.put alone may be called where a signal has interrupted anything.
    former = {
        each: signal.signal(each, lambda number, _: ends.put(signal.Signals(number)))
        for each in _SIGNALS
    }
    try:
        thread = threading.Thread(target=run, name="agent", daemon=True)
        thread.start()
        end = ends.get()
        if isinstance(end, signal.Signals):
            logger.info("%s is received: stopping", end.name)
            bell.stop()
            thread.join(STOP_SECONDS)
            return False
        if isinstance(end, BaseException):
            raise end
        return True
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)

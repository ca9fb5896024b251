"""The agent's process: the work in a thread, signals in the main one, so that both are prompt."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

logger = logging.getLogger(__name__)

# What a request to a server that does not answer would take is not waited for.
STOP_SECONDS = 1.5

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_IS_DONE = 0  # no signal has this number


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
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - it is raised in the main thread
            failures.append(failure)
        with suppress(OSError):  # after a signal nobody may be waiting any more
            teller.send(bytes([_IS_DONE]))

    with _hear_signals() as (hearer, teller):
        thread = threading.Thread(target=run, name="agent", daemon=True)
        thread.start()
        (heard,) = hearer.recv(1)
        if heard != _IS_DONE:
            logger.info("%s is received: stopping", signal.Signals(heard).name)
            bell.stop()
            thread.join(STOP_SECONDS)
            return False
    if failures:
        raise failures[0]
    return True


@contextmanager
def _hear_signals() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give two ends: whoever reads from the first waits for a signal, whose number it reads.

    Python's own handlers run between two of its steps: one that comes when a wait is about to begin
    would be heeded after the wait alone.
    """
    hearer, teller = socket.socketpair()
    with hearer, teller:
        teller.settimeout(0)
        former_end = signal.set_wakeup_fd(teller.fileno())
        former = {each: signal.signal(each, lambda *_: None) for each in _SIGNALS}
        try:
            yield hearer, teller
        finally:
            for each, handler in former.items():
                signal.signal(each, handler)
            signal.set_wakeup_fd(former_end)

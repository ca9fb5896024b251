"""What is being done now and how long it took, for a person or for a log file."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

HEARTBEAT_SECONDS = 30.0


def duration(seconds: float) -> str:
    """Say a duration the way a person reads it."""
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


class Progress:
    """Steps under way: live lines on a terminal, plain lines with a heartbeat elsewhere."""

    def __init__(self, stream: TextIO | None = None, *, heartbeat: float = HEARTBEAT_SECONDS):
        # Without a stream: standard error as it is then, for whoever started may have exchanged it.
        self._console = Console(file=stream, stderr=True, highlight=False, soft_wrap=True)
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}
        self._live: Live | None = None

    @contextmanager
    def step(self, doing: str, done: str | None = None, *, quiet: bool = False) -> Iterator[None]:
        """Show a step while it runs, and how long it took; a quiet one only while it runs."""
        started = time.monotonic()
        ended = threading.Event()
        self._begin(doing, started)
        watcher = threading.Thread(target=self._beat, args=(doing, started, ended), daemon=True)
        if not self._console.is_terminal:
            if not quiet:
                self.say(f"… {doing}")
            watcher.start()
        try:
            yield
        except BaseException:
            self._finish(doing)
            raise
        finally:
            ended.set()
        self._finish(doing)
        if not quiet:
            self.say(f"✓ {done or doing} in {duration(time.monotonic() - started)}")

    def say(self, line: str) -> None:
        """Print one line above whatever is live."""
        with self._lock:
            self._console.print(Text(line))

    def _begin(self, doing: str, started: float) -> None:
        with self._lock:
            self._running[doing] = started
            if self._console.is_terminal and self._live is None:
                self._live = Live(
                    console=self._console,
                    get_renderable=self._render,
                    refresh_per_second=5,
                    transient=True,
                )
                self._live.start()

    def _finish(self, doing: str) -> None:
        with self._lock:
            self._running.pop(doing, None)
            live = self._live if not self._running else None
            if live is not None:
                self._live = None
        if live is not None:
            live.stop()

    def _beat(self, doing: str, started: float, ended: threading.Event) -> None:
        while not ended.wait(self._heartbeat):
            self.say(f"… {doing}: {duration(time.monotonic() - started)} so far")

    def _render(self) -> Group:
        now = time.monotonic()
        running = list(self._running.items())
        return Group(
            *(Spinner("dots", Text(f"{doing} {now - started:.0f} s")) for doing, started in running)
        )

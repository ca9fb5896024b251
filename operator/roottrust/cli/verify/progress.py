"""What is being done, while it takes its time: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CLEAR = "\r\033[K"
_MAX_LENGTH = 100


class Progress:
    """Shows what was begun last and has not ended; on stderr, for stdout has the result."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._steps: list[str] = []

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show a step while it lasts."""
        self._steps.append(text)
        self._show()
        try:
            yield
        finally:
            self._steps.remove(text)
            self._show()

    def _show(self) -> None:
        if not self._is_shown:
            return
        more = f" (and {len(self._steps) - 1} more)" if len(self._steps) > 1 else ""
        text = f"{self._steps[-1][:_MAX_LENGTH]}{more} …" if self._steps else ""
        sys.stderr.write(f"{_CLEAR}{text}")
        sys.stderr.flush()

"""A text that changes: redrawn in its place on a terminal, written anew elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TextIO

import click

Size = Callable[[TextIO], tuple[int, int]]

_CLEAR_BELOW = "\r\033[J"


def measure_terminal(stream: TextIO) -> tuple[int, int]:
    """Return columns and lines of a stream's terminal, or what the environment says."""
    try:
        columns, height = os.get_terminal_size(stream.fileno())
    except OSError:
        columns, height = 0, 0
    if not (columns and height):
        columns, height = shutil.get_terminal_size()
    return columns, height


class LiveScreen:
    """Shows one text after the other; the same one is not shown again."""

    def __init__(self, stream: TextIO, *, size: Size = measure_terminal) -> None:
        self._stream = stream
        self._size = size
        self._is_terminal = stream.isatty()
        self._shown: str | None = None
        self._rows = 0

    @property
    def is_terminal(self) -> bool:
        """Whether texts are redrawn in their place."""
        return self._is_terminal

    def show(self, text: str) -> None:
        """Show a text, which ends in a newline."""
        if text == self._shown:
            return
        self._stream.write(self._redraw(text) if self._is_terminal else text)
        self._stream.flush()
        self._shown = text

    def _redraw(self, text: str) -> str:
        """Return what overwrites the text before; what has no room could not be overwritten."""
        columns, height = self._size(self._stream)
        up = f"\033[{self._rows}A" if self._rows else ""
        lines = list(_fit(text.splitlines(), columns=columns, height=height))
        self._rows = sum(_count_rows(each, columns) for each in lines)
        return up + _CLEAR_BELOW + "".join(f"{line}\n" for line in lines)


def _fit(lines: list[str], *, columns: int, height: int) -> Iterator[str]:
    rows = 0
    for number, line in enumerate(lines):
        rows += _count_rows(line, columns)
        is_last = number == len(lines) - 1
        if rows > height - (1 if is_last else 2):
            yield f"… and {len(lines) - number} more lines"
            return
        yield line


def _count_rows(line: str, columns: int) -> int:
    return max(1, -(-len(click.unstyle(line)) // max(1, columns)))

"""Cutting a stream into lines without holding more of it than one line may have."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator


class LineTooLongError(Exception):
    """A line, or a whole answer, is longer than whoever reads it allows."""


async def split_lines(chunks: AsyncIterable[bytes], *, most: int) -> AsyncIterator[bytes]:
    """Yield the lines that are not empty; raises LineTooLongError."""
    rest = bytearray()
    async for chunk in chunks:
        start = len(rest)
        rest += chunk
        end = rest.find(b"\n", start)
        while end >= 0:
            line = bytes(rest[:end])
            del rest[: end + 1]
            if len(line) > most:
                raise LineTooLongError
            if line.strip():
                yield line
            end = rest.find(b"\n")
        if len(rest) > most:
            raise LineTooLongError
    if rest.strip():
        yield bytes(rest)

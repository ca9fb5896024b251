from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.kube.lines import LineTooLongError, split_lines


async def send(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(*chunks: bytes, most: int = 100) -> list[bytes]:
    return [line async for line in split_lines(send(*chunks), most=most)]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
async def test_however_a_text_arrives_its_lines_are_the_same(text: bytes, cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(text)})
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert await read(*chunks) == [line for line in text.split(b"\n") if line.strip()]


@pytest.mark.parametrize("chunks", [[b"x" * 101], [b"x" * 101 + b"\n"], [b"x" * 60, b"x" * 60]])
async def test_no_more_is_held_than_one_line_may_have(chunks: list[bytes]) -> None:
    with pytest.raises(LineTooLongError):
        await read(*chunks)

"""Work on several clusters at once, of which none keeps the others waiting for long."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

# A cluster may answer each call in time and still take minutes for a hundred of them.
PASS_SECONDS = 10.0

Item = TypeVar("Item")


async def work_by_cluster(
    items: Iterable[Item],
    *,
    get_cluster: Callable[[Item], str],
    work: Callable[[Item], Awaitable[None]],
    seconds: float = PASS_SECONDS,
) -> tuple[Item, ...]:
    """Work on items, those of one cluster one by one; return those that there was no time for."""
    grouped: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[get_cluster(item)].append(item)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    left: list[Item] = []

    async def work_in_turn(group: list[Item]) -> None:
        for number, item in enumerate(group):
            if loop.time() > deadline:
                left.extend(group[number:])
                return
            await work(item)

    await asyncio.gather(*(work_in_turn(each) for each in grouped.values()))
    return tuple(left)

from __future__ import annotations

import asyncio

from roottrust.hub.cluster_work import work_by_cluster


async def test_items_of_one_cluster_keep_their_order_and_no_cluster_waits_for_another() -> None:
    done: list[str] = []
    gate = asyncio.Event()

    async def work(item: str) -> None:
        if item == "a1":
            await gate.wait()
        done.append(item)
        if item == "b2":
            gate.set()

    left = await work_by_cluster(
        ["a1", "a2", "b1", "b2"], get_cluster=lambda item: item[0], work=work
    )
    assert done == ["b1", "b2", "a1", "a2"]
    assert left == ()


async def test_what_there_is_no_time_for_is_left() -> None:
    done: list[str] = []

    async def work(item: str) -> None:
        await asyncio.sleep(0.1 if item.startswith("slow") else 0)
        done.append(item)

    items = ["slow-1", "slow-2", "slow-3", "quick-1", "quick-2"]
    left = await work_by_cluster(
        items, get_cluster=lambda item: item.partition("-")[0], work=work, seconds=0.05
    )
    assert done == ["quick-1", "quick-2", "slow-1"]
    assert left == ("slow-2", "slow-3")

from __future__ import annotations

import asyncio

import pytest

from roottrust.hub.turnstile import Turnstile


async def test_so_many_pass_at_once_and_the_others_after_them() -> None:
    turnstile, inside, most = Turnstile(3, seconds=60), 0, 0

    async def go_through() -> None:
        nonlocal inside, most
        async with turnstile.passing():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(go_through() for _ in range(20)))
    assert (most, inside) == (3, 0)


async def test_those_who_take_long_let_the_next_ones_begin() -> None:
    turnstile, release, passed = Turnstile(2, seconds=0.01), asyncio.Event(), list[int]()

    async def stay() -> None:
        async with turnstile.passing():
            await release.wait()

    async def pass_(number: int) -> None:
        async with turnstile.passing():
            passed.append(number)

    staying = [asyncio.create_task(stay()) for _ in range(6)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await asyncio.gather(*(pass_(number) for number in range(4)))
    assert passed == [0, 1, 2, 3]
    release.set()
    await asyncio.gather(*staying)
    # Nobody has given a place back twice.
    gate, inside, most = asyncio.Event(), 0, 0

    async def count() -> None:
        nonlocal inside, most
        async with turnstile.passing():
            inside += 1
            most = max(most, inside)
            await gate.wait()

    counting = [asyncio.create_task(count()) for _ in range(5)]
    await asyncio.sleep(0)
    assert most == 2
    gate.set()
    await asyncio.gather(*counting)


async def test_a_failure_gives_the_place_back() -> None:
    turnstile = Turnstile(1, seconds=60)
    with pytest.raises(ValueError, match="no"):
        async with turnstile.passing():
            raise ValueError("no")
    async with asyncio.timeout(1), turnstile.passing():
        pass

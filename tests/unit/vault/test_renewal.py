from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from pydantic import SecretStr

from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.vault.login import VaultToken
from roottrust.vault.renewal import TokenRenewal
from roottrust.vault.tokens import TokenKeeper

START = datetime(2026, 1, 1, tzinfo=UTC)


class Keeper:
    """Has a token of some seconds, which is new at each renewal until they fail."""

    def __init__(self, seconds: int | None) -> None:
        self.now = START
        self.seconds = seconds
        self.fails = False
        self.renewals = 0
        self.token: VaultToken | None = self.build()

    def build(self) -> VaultToken:
        ends_at = None if self.seconds is None else self.now + timedelta(seconds=self.seconds)
        return VaultToken(
            token=SecretStr("t"), obtained_at=self.now, expires_at=ends_at, renewable=True
        )

    async def get(self) -> None:
        assert self.token is not None
        if not self.token.is_renewal_due(self.now):
            return
        self.renewals += 1
        if self.fails:
            raise TransientError("sealed", reason=Reason.SEALED)
        self.token = self.build()


async def run(keeper: Keeper, *, seconds: float) -> list[float]:
    slept: list[float] = []

    async def sleep(step: float) -> None:
        slept.append(step)
        keeper.now += timedelta(seconds=step)
        if keeper.now >= START + timedelta(seconds=seconds):
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    renewal = TokenRenewal(cast(TokenKeeper, keeper), now=lambda: keeper.now, sleep=sleep)
    renewal.start()
    task = renewal._task
    renewal.start()
    assert renewal._task is task
    assert task is not None
    await asyncio.wait([task], timeout=5)
    await renewal.stop()
    return slept


async def test_renews_at_two_thirds_though_nobody_asks() -> None:
    keeper = Keeper(90)
    await run(keeper, seconds=601)
    assert keeper.renewals == 10


async def test_looks_at_the_clock_once_a_minute() -> None:
    assert max(await run(Keeper(3600), seconds=3600)) == 60


@pytest.mark.parametrize("seconds", [None, 90])
async def test_ends_with_a_token_that_has_no_end_or_has_ended(seconds: int | None) -> None:
    keeper = Keeper(seconds)
    keeper.fails = True
    await run(keeper, seconds=3600)
    assert keeper.now < START + timedelta(seconds=100)


async def test_stop_without_start() -> None:
    await TokenRenewal(cast(TokenKeeper, Keeper(1)), now=lambda: START).stop()

"""A bare client of Vault: what it needs for some requests is the least that they can take."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp

from testbed import Vault

Work = TypeVar("Work")


class BareVault:
    """Sends requests with one token, and raises when one fails."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    async def read(self, path: str) -> bytes:
        """Return an answer as it came."""
        async with self._session.get(f"{self._address}/v1/{path}") as answer:
            return await _take(answer)

    async def read_data(self, path: str) -> Any:
        """Return the data at a path, None if there is none."""
        try:
            return json.loads(await self.read(path))["data"]
        except aiohttp.ClientResponseError:
            return None

    async def write(self, path: str, body: object) -> bytes:
        """Write to a path."""
        async with self._session.post(f"{self._address}/v1/{path}", json=body) as answer:
            return await _take(answer)

    async def write_and_read(self, path: str, body: object) -> Any:
        """Write to a path, and return the data of the answer."""
        return json.loads(await self.write(path, body))["data"]

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        async with self._session.delete(f"{self._address}/v1/{path}") as answer:
            await _take(answer)


@asynccontextmanager
async def connect(vault: Vault, *, token: str | None = None) -> AsyncIterator[BareVault]:
    """Connect with a token, or else as whoever may do everything."""
    context = ssl.create_default_context(cafile=str(vault.ca_file))
    headers = {"X-Vault-Token": token or vault.root_token}
    connector = aiohttp.TCPConnector(limit=0, ssl=context)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield BareVault(session, vault.address)


async def run_at_once(
    work: Iterable[Work], do: Callable[[Work], Awaitable[object]], *, concurrency: int
) -> None:
    """Do all work, so many at once."""
    waiting = iter(work)

    async def drain() -> None:
        for each in waiting:
            await do(each)

    await asyncio.gather(*(drain() for _ in range(concurrency)))


async def _take(answer: aiohttp.ClientResponse) -> bytes:
    answer.raise_for_status()
    return await answer.read()

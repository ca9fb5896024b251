"""Twenty objects broken by hand in Vault, as people do it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from testbed import TestbedError
from tests.bench.bare_vault import BareVault
from tests.bench.requests_of_fleet import FleetRequests, Write

_KINDS = 5
_EACH = 4

_NOT_WRITTEN = frozenset({"modified", "version"})


class Damage:
    """One kind of object broken in each of some clusters, and how it was before."""

    def __init__(self, client: BareVault, requests: FleetRequests) -> None:
        self._client = client
        self._clusters = [_spread(requests.clusters, each) for each in range(_KINDS * _EACH)]
        self._before: dict[str, Any] = {}

    @property
    def count(self) -> int:
        """How many objects are broken."""
        return len(self._before)

    async def do(self) -> None:
        """Remember and break them."""
        for number, ((mount, _), _, config, policy, role) in enumerate(self._clusters):
            match number % _KINDS:
                case 0:
                    await self._change((f"{mount}/tune", {"max_lease_ttl": "1h"}))
                case 1:
                    await self._change(config, kubernetes_host="https://192.0.2.1")
                case 2:
                    await self._delete(policy)
                case 3:
                    await self._delete(role)
                case _:
                    await self._change(role, token_policies=["default"])

    async def wait_until_repaired(self, *, seconds: float) -> float:
        """Return the time at which everything was as before."""
        broken = set(self._before)
        deadline = time.time() + seconds
        while broken:
            if time.time() > deadline:
                raise TestbedError(f"After {seconds:g} s these are still broken: {sorted(broken)}")
            broken = {path for path in broken if not await self._is_as_before(path)}
            await asyncio.sleep(0.01)
        return time.time()

    async def _change(self, write: Write, **fields: object) -> None:
        path, body = write
        self._before[path] = await self._look(path)
        await self._client.write(path, {**body, **fields})

    async def _delete(self, write: Write) -> None:
        path, _ = write
        self._before[path] = await self._look(path)
        await self._client.delete(path)

    async def _is_as_before(self, path: str) -> bool:
        return bool(await self._look(path) == self._before[path])

    async def _look(self, path: str) -> dict[str, Any]:
        """Return what somebody wrote there; OpenBao also counts how often."""
        data = await self._client.read_data(path) or {}
        return {name: value for name, value in data.items() if name not in _NOT_WRITTEN}


def _spread(clusters: Sequence[tuple[Write, ...]], number: int) -> tuple[Write, ...]:
    """Return one of so many clusters that lie evenly among all."""
    return clusters[number * len(clusters) // (_KINDS * _EACH)]

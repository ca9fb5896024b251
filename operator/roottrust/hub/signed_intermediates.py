"""What root mounts have signed, kept while intermediates of theirs are to be revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roottrust.domain.rotation.revocation import SignedIntermediate, find_intermediate
from roottrust.domain.rotation.revocation_report import Obstacle
from roottrust.hub.vault_server import VaultServer

# In one pass; the rest follows in the next ones.
READ_MAX = 1000
# At once: the other policies of this Vault have their turn in between.
READ_WIDTH = 4


@dataclass(kw_only=True)
class KnownMount:
    """The certificates of one mount by serial number: None for what is no intermediate.

    `unread` is how many are left to be read; the rest is when each cluster was looked at, and what
    was in the way then.
    """

    mount: str
    found: dict[str, SignedIntermediate | None] = field(default_factory=dict)
    unread: int = 0
    looked_at: dict[str, datetime] = field(default_factory=dict)
    obstacles: dict[str, Obstacle] = field(default_factory=dict)

    @property
    def intermediates(self) -> tuple[SignedIntermediate, ...]:
        """All that are known."""
        return tuple(each for each in self.found.values() if each is not None)

    async def read(self, server: VaultServer, *, again: Collection[str], read_max: int) -> None:
        """Read what is new, and once more what may be revoked by now; raises RootTrustError."""
        serials = await server.list_serials(self.mount)
        self.found = {each: self.found[each] for each in serials if each in self.found}
        unknown = [each for each in serials if each not in self.found]
        new = unknown[:read_max]
        self.unread = len(unknown)
        await self._read_all(server, [*(each for each in again if each in self.found), *new])
        self.unread = len(unknown) - len(new)

    def note_revoked(self, serial: str) -> None:
        """Take over that one is revoked."""
        known = self.found.get(serial)
        if known is not None:
            self.found[serial] = replace(known, is_revoked=True)

    async def _read_all(self, server: VaultServer, serials: Sequence[str]) -> None:
        async def read(serial: str) -> None:
            signed = await server.read_signed(self.mount, serial)
            self.found[serial] = find_intermediate(signed) if signed else None

        for start in range(0, len(serials), READ_WIDTH):
            await asyncio.gather(*(read(each) for each in serials[start : start + READ_WIDTH]))

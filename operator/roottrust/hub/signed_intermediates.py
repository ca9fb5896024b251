"""What root mounts have signed, kept while intermediates of theirs are to be revoked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from roottrust.domain.rotation.revocation import SignedIntermediate, find_intermediate
from roottrust.domain.rotation.revocation_report import Obstacle
from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.hub.serial_reads import read_each
from roottrust.hub.vault_server import VaultServer

# In one pass; the rest follows in the next ones.
READ_MAX = 1000


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
        known = [each for each in again if each in self.found]
        await read_each(server, self.mount, [*known, *new], keep=self._keep)
        self.unread = len(unknown) - len(new)

    def note_revoked(self, serial: str) -> None:
        """Take over that one is revoked."""
        known = self.found.get(serial)
        if known is not None:
            self.found[serial] = replace(known, is_revoked=True)

    def _keep(self, serial: str, signed: SignedCertificate | None) -> None:
        self.found[serial] = find_intermediate(signed) if signed else None

"""Reading what a pki mount has signed, by serial numbers of which there may be thousands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from roottrust.domain.rotation.unseen import SignedCertificate
from roottrust.hub.vault_server import VaultServer

# At once: the other policies of this Vault have their turn in between.
READ_WIDTH = 4


async def read_each(
    server: VaultServer,
    mount: str,
    serials: Sequence[str],
    *,
    keep: Callable[[str, SignedCertificate | None], None],
) -> None:
    """Have each certificate kept, None for one that is gone; raises RootTrustError."""

    async def read(serial: str) -> None:
        keep(serial, await server.read_signed(mount, serial))

    for start in range(0, len(serials), READ_WIDTH):
        await asyncio.gather(*map(read, serials[start : start + READ_WIDTH]))

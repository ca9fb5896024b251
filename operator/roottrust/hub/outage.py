"""Telling a Vault that cannot be used from one request to it that failed."""

from __future__ import annotations

from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import is_doubtful, is_outage
from roottrust.hub.vault_server import VaultServer


async def find_outage(server: VaultServer, error: RootTrustError) -> RootTrustError | None:
    """Return what keeps all of a Vault from being used, None if it was that request alone.

    An error or a limit on one path is no outage while the server says that it is well.
    """
    if not is_outage(error):
        return None
    if not is_doubtful(error):
        return error
    try:
        await server.probe()
    except RootTrustError as outage:
        return outage
    return None

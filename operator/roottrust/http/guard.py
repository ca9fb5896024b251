"""The guard that each write has to pass right before it is sent.

It is asked on a connection that is open already: connecting can take as long as a lease.
"""

from __future__ import annotations

from collections.abc import Callable

# Raises unless a write may be sent now; called in the thread or event loop that sends it.
Guard = Callable[[], None]

# LIST of Vault is sent as GET.
READS = frozenset({"GET", "HEAD"})


def allow_writes() -> None:
    """Let every write pass."""

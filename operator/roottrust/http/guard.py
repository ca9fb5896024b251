"""The guard that each write has to pass right before it is sent.

It is asked on a connection that is open already: connecting can take as long as a lease.
"""

from __future__ import annotations

from collections.abc import Callable

from roottrust.domain.errors import RootTrustError
from roottrust.domain.reasons import Reason

# Raises unless a write may be sent now; called in the thread or event loop that sends it.
Guard = Callable[[], None]

# LIST of Vault is sent as GET.
READS = frozenset({"GET", "HEAD"})


def allow_writes() -> None:
    """Let every write pass."""


class ReadOnlyError(RootTrustError):
    """A write that was not sent, since this process only looks."""


def refuse_writes() -> None:
    """Let no write pass."""
    raise ReadOnlyError(
        "This was not written: only the operator writes. That it was tried is a bug, report it.",
        reason=Reason.INTERNAL_ERROR,
    )

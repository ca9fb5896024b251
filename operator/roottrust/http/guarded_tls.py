"""TLS of an event loop that asks the guard once more when a write is encrypted.

Encrypting lets other threads run, and one that computes keeps the interpreter for milliseconds: in
that time, too, a process may be paused for longer than its lease.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from roottrust.http.guard import Guard, allow_writes

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_guard: ContextVar[Guard] = ContextVar("guard", default=allow_writes)


class _GuardedTLS(ssl.SSLObject):
    def write(self, data: ReadableBuffer) -> int:
        """Encrypt; what is refused then stays in memory, and its connection is closed."""
        written = super().write(data)
        _guard.get()()
        return written


def guard_tls(context: ssl.SSLContext) -> ssl.SSLContext:
    """Have the connections of a context ask the guard of whatever is written over them."""
    context.sslobject_class = _GuardedTLS
    return context


@contextmanager
def asking(guard: Guard) -> Iterator[None]:
    """Have this guard asked of all that is written inside, and by tasks that are made inside.

    It may raise nothing but an OSError: asyncio logs anything else with its trace.
    """
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)

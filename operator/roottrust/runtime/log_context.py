"""What work is about: fields that every log line and Event of it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

# In the order in which they are shown. `object` is what is worked on if that is none of the first
# three, `reason` the word of conditions, Events and failures.
FIELDS = ("policy", "cluster", "mesh", "object", "reason")

_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar(
    "roottrust_log_context", default=MappingProxyType({})
)


@contextmanager
def bind_context(
    *,
    policy: str | None = None,
    cluster: str | None = None,
    mesh: str | None = None,
    object: str | None = None,  # noqa: A002 - the name of the field
) -> Iterator[None]:
    """Add fields to all that is told inside, also by tasks started inside; empty ones add none."""
    given = {"policy": policy, "cluster": cluster, "mesh": mesh, "object": object}
    added = {key: value for key, value in given.items() if value}
    token = _CONTEXT.set({**_CONTEXT.get(), **added})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def get_context() -> Mapping[str, str]:
    """Return what the work in progress is about."""
    return _CONTEXT.get()

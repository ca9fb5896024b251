"""One rule of a Vault policy."""

from __future__ import annotations

from dataclasses import dataclass

READ, LIST, CREATE, UPDATE, PATCH, DELETE, SUDO = (
    "read",
    "list",
    "create",
    "update",
    "patch",
    "delete",
    "sudo",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Paths that may be used in the same ways, and what for."""

    why: str
    paths: tuple[str, ...]
    capabilities: tuple[str, ...]

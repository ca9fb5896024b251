"""What a plan wants written to Vault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roottrust.domain.vault_object import Difference, VaultObject


class Verb(StrEnum):
    """What is done to an object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One write; `differences` are what an update is for.

    Of what is deleted only kind and path count.
    """

    verb: Verb
    wanted: VaultObject
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.wanted.path}"

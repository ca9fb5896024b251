"""One thing that a rotation waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One thing that is waited for, as a sentence; `cluster` and `mesh` say whose, if anybody's.

    `needs_person` is for what does not pass by itself; `ends_at` is when it does, if that is known.
    """

    message: str
    cluster: str | None = None
    mesh: str | None = None
    needs_person: bool = False
    ends_at: datetime | None = None

"""A part of the image, however it came there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Who brought a part."""

    PYTHON = "Python package"
    BUNDLED = "inside a Python package"
    BASE = "base"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part; its licences are what its makers state, word for word."""

    name: str
    version: str
    origin: Origin
    purl: str
    licences: tuple[str, ...] = ()
    inside: str = ""  # the package whose file it is in

    @property
    def label(self) -> str:
        """Name it for a person."""
        where = f", inside {self.inside}" if self.inside else ""
        return f"{self.name} {self.version}{where}"

"""Objects of Kubernetes as they are written or answered, read without trusting their form.

What has another form than Kubernetes asks for is read as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Manifest = Mapping[str, Any]


def read_mapping(value: object) -> Manifest:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def read_list(value: object) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def read_mappings(value: object) -> tuple[Manifest, ...]:
    """Return the mappings of a list, none for anything else."""
    return tuple(each for each in read_list(value) if isinstance(each, Mapping))


def read_texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, none for anything else."""
    return tuple(each for each in read_list(value) if isinstance(each, str))


def find_named(name: str, items: tuple[Manifest, ...]) -> Manifest | None:
    """Return the container or volume of that name."""
    return next((each for each in items if each.get("name") == name), None)

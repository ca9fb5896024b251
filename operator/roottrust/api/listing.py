"""How the API server merges a list: what its entries are known by."""

from __future__ import annotations

from typing import Any


def keyed_by(*keys: str) -> dict[str, Any]:
    """Return the schema marks of a list whose entries are known by these fields."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


def distinct() -> dict[str, Any]:
    """Return the schema mark of a list of different values."""
    return {"x-kubernetes-list-type": "set"}


def ordered() -> dict[str, Any]:
    """Return the schema mark of a list that is replaced as a whole."""
    return {"x-kubernetes-list-type": "atomic"}

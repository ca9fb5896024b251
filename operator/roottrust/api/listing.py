"""How the API server merges a list: what its entries are known by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

_TYPE, _KEYS = "x-kubernetes-list-type", "x-kubernetes-list-map-keys"


def keyed_by(*keys: str) -> dict[str, Any]:
    """Return the schema marks of a list whose entries are known by these fields."""
    return {_TYPE: "map", _KEYS: list(keys)}


def distinct() -> dict[str, Any]:
    """Return the schema mark of a list of different values."""
    return {_TYPE: "set"}


def ordered() -> dict[str, Any]:
    """Return the schema mark of a list that is replaced as a whole."""
    return {_TYPE: "atomic"}


def has_unlike_entries(model: BaseModel) -> bool:
    """Whether an API server would take its lists: of one key or one value there is one entry."""
    for name, field in type(model).model_fields.items():
        value, marks = getattr(model, name), field.json_schema_extra
        is_list = isinstance(value, tuple)
        if is_list and isinstance(marks, dict) and not _is_sound(value, marks):
            return False
        entries = value if is_list else (value,)
        if not all(has_unlike_entries(each) for each in entries if isinstance(each, BaseModel)):
            return False
    return True


def _is_sound(entries: tuple[Any, ...], marks: dict[str, Any]) -> bool:
    if marks.get(_TYPE) == "map":
        dumped = [each.model_dump(by_alias=True) for each in entries]
        return _are_unlike(tuple(each[key] for key in marks[_KEYS]) for each in dumped)
    return marks.get(_TYPE) != "set" or _are_unlike(entries)


def _are_unlike(values: Iterable[Any]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)

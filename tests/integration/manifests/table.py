"""Reads the tables: bases with changes by path, for the API server and for the models alike."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
GUIDE = FOLDER / "guide.yaml"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One manifest; `first` is what an edit starts from."""

    name: str
    manifest: dict[str, Any]
    message: str
    model_message: str | None
    first: dict[str, Any] | None

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def read_cases(table: str) -> list[Case]:
    """Return the cases of one table."""
    document = yaml.safe_load((FOLDER / table).read_text())
    return [_build_case(entry) for entry in document["cases"]]


@dataclass(frozen=True, kw_only=True)
class OperatorCase:
    """One manifest that only the operator can judge, and its condition Accepted.

    `clusters` is how many the operator has to serve.
    """

    name: str
    clusters: int
    manifest: dict[str, Any]
    status: str
    reason: str
    message: str

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def read_operator_cases() -> list[OperatorCase]:
    """Return what the operator refuses."""
    document = yaml.safe_load((FOLDER / "refused_by_operator.yaml").read_text())
    return [
        OperatorCase(
            name=entry["name"],
            clusters=entry.get("clusters", 1),
            manifest=change(read_base("guide"), entry["patch"]),
            status=entry.get("status", "False"),
            reason=entry["reason"],
            message=entry["message"],
        )
        for entry in document["cases"]
    ]


def read_base(name: str) -> dict[str, Any]:
    """Return a base as it is."""
    base: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return base


def _build_case(entry: dict[str, Any]) -> Case:
    unknown = set(entry) - {"name", "base", "first", "change", "repeat", "message", "model"}
    assert not unknown, f"{entry['name']}: {unknown}"
    start = change(read_base(entry.get("base", "guide")), entry.get("first", {}))
    manifest = change(start, entry["change"])
    for path, times in entry.get("repeat", {}).items():
        parent, key = _find(manifest, path)
        parent[key] = parent[key] * times
    message = entry.get("message", "")
    model = entry.get("model", message)
    return Case(
        name=entry["name"],
        manifest=manifest,
        message=message,
        model_message=None if model == "none" else model,
        first=start if "first" in entry else None,
    )


def change(manifest: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with new values at dotted paths; null takes a field away."""
    changed = copy.deepcopy(manifest)
    for path, value in changes.items():
        parent, key = _find(changed, path)
        if value is None:
            del parent[key]
        else:
            parent[key] = copy.deepcopy(value)
    return changed


def _find(manifest: dict[str, Any], path: str) -> tuple[Any, Any]:
    *parents, last = path.split(".")
    node: Any = manifest
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    return node, int(last) if isinstance(node, list) else last

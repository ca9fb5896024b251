"""Conditions in the status of Kubernetes' own objects."""

from __future__ import annotations

from roottrust.domain.manifest import Manifest, read_mappings


def find_condition(status: Manifest, type_: str) -> Manifest:
    """Return the condition of that type, an empty one if there is none."""
    conditions = read_mappings(status.get("conditions"))
    return next((each for each in conditions if each.get("type") == type_), {})

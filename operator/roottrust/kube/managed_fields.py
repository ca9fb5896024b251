"""Who wrote which field: often half of an object's size, and nothing that a hub looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def drop_managed_fields(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object without metadata.managedFields."""
    metadata = found.get("metadata") or {}
    if "managedFields" not in metadata:
        return found
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return {**found, "metadata": kept}

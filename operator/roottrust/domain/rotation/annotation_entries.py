"""What stands in an annotation that orders something of several, with commas between."""

from __future__ import annotations

from collections.abc import Mapping


def split_entries(annotations: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the entries of an annotation, in their order; none where it is not there."""
    found = annotations.get(name, "").split(",")
    return tuple(each.strip() for each in found if each.strip())

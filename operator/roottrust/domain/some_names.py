"""Many names in a sentence: the first of them, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence


def list_some(names: Sequence[str], *, most: int = 3) -> str:
    """Return the names with commas, and instead of those beyond `most` their number."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"

"""Many names in a sentence: the first of them, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence


def list_some(names: Sequence[str], *, most: int = 3, of: int = 0) -> str:
    """Return the names with commas, and instead of those beyond `most` their number.

    `of` is how many there are, if `names` are the first of them.
    """
    shown = names[:most]
    left = max(of, len(names)) - len(shown)
    more = f" and {left} more" if left > 0 else ""
    return f"{', '.join(shown)}{more}"

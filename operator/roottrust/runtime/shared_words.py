"""Objects of a fleet say the same words again and again: each is kept in memory once."""

from __future__ import annotations

import sys
from typing import Any

# Longer texts are mostly one object's own.
MAX_LENGTH = 64


def share_words(found: Any) -> Any:
    """Return a JSON document whose names and short texts are those of all others."""
    if isinstance(found, dict):
        return {sys.intern(name): share_words(value) for name, value in found.items()}
    if isinstance(found, list):
        return [share_words(value) for value in found]
    if type(found) is str and len(found) <= MAX_LENGTH:
        return sys.intern(found)
    return found

"""How long to wait before something that failed is tried again."""

from __future__ import annotations

FIRST_SECONDS = 1.0
LIMIT_SECONDS = 300.0

_MAX_DOUBLINGS = 16


def get_backoff_seconds(failures: int, *, share: float) -> float:
    """Return the wait after so many failures in a row: 1 s at first, doubled up to 5 minutes.

    `share`, from 0 to 1, is a random number: it chooses between half of that and all of it, so
    that those who failed together do not come back together.
    """
    ceiling = min(FIRST_SECONDS * 2.0 ** min(failures - 1, _MAX_DOUBLINGS), LIMIT_SECONDS)
    return ceiling * (0.5 + share / 2)

"""When what failed is tried again: soon what passes by itself, slowly what somebody has to mend."""

from __future__ import annotations

from roottrust.domain.backoff import LIMIT_SECONDS, get_backoff_seconds
from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    InvalidSpecError,
    TransientError,
)

# A proxy that says a day must not stop us for as long.
LONGEST_WAIT_SECONDS = 600.0

_DENIED_SECONDS = 30.0
_MISSING_SECONDS = 5.0
_MISSING_LIMIT_SECONDS = 60.0


def get_retry_seconds(error: BaseException, *, failures: int, share: float) -> float:
    """Return the wait after so many failures in a row, of which `error` is the last.

    Nothing is permanent. `share` is a random number from 0 to 1.
    """
    backoff = get_backoff_seconds(failures, share=share)
    match error:
        case TransientError():
            asked = min(error.retry_after_seconds or 0.0, LONGEST_WAIT_SECONDS)
            return max(backoff, asked)
        case AccessDeniedError() | InvalidSpecError():
            return min(max(backoff, _DENIED_SECONDS * (0.5 + share / 2)), LIMIT_SECONDS)
        case DependencyMissingError():
            return min(max(backoff, _MISSING_SECONDS), _MISSING_LIMIT_SECONDS)
        case _:
            return backoff

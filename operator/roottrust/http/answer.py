"""What answers of Vault and of API servers have in common, whichever client has asked."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


def parse_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object of a body, an empty one for anything else."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def read_retry_after(value: str | None) -> float | None:
    """Return Retry-After in seconds; its form as a date is used by neither."""
    try:
        seconds = float(value) if value is not None else None
    except ValueError:
        return None
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return seconds


def read_date(value: str | None) -> datetime | None:
    """Return when an answer was given by the server's clock, None where it does not say."""
    try:
        found = parsedate_to_datetime(value) if value is not None else None
    except (ValueError, OverflowError):
        return None
    # Without a zone it is UTC (RFC 9110).
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)

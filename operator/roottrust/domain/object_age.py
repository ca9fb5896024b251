"""When objects were created, by the API server's clock, which tells whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def read_creation(metadata: Mapping[str, Any]) -> datetime | None:
    """Return when an object was created, None where it does not say."""
    created_at = metadata.get("creationTimestamp")
    return datetime.fromisoformat(str(created_at)) if created_at else None


def was_created_before(metadata: Mapping[str, Any], moment: datetime) -> bool:
    """Whether an object is older than a moment, as one is that does not say."""
    created_at = read_creation(metadata)
    return created_at is None or created_at < moment


def was_created_after(metadata: Mapping[str, Any], moment: datetime) -> bool:
    """Whether an object is younger than a moment; one that does not say is not."""
    created_at = read_creation(metadata)
    return created_at is not None and created_at > moment

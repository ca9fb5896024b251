"""Whether a hub works, by the Lease that it renews: what a dead one told looks as good as ever.

The Lease's time is of the hub's clock and compared with a person's, so some minutes do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from roottrust.cli.status.found import Manifest
from roottrust.cli.status.report import OperatorReport
from roottrust.domain.health import Health

_CLOCKS_DIFFER = timedelta(minutes=5)


def build_operator(lease: Manifest | None, *, now: datetime) -> OperatorReport | None:
    """Return what the Lease tells; None where there is none, as for a hub that needs none."""
    spec: Mapping[str, Any] = (lease or {}).get("spec") or {}
    renewed_at = _read_time(spec.get("renewTime"))
    if lease is None or renewed_at is None:
        return None
    lasts = timedelta(seconds=float(spec.get("leaseDurationSeconds") or 0)) + _CLOCKS_DIFFER
    holder = str(spec.get("holderIdentity") or "") or None
    works = holder is not None and now - renewed_at < lasts
    return OperatorReport(
        health=Health.GOOD if works else Health.UNKNOWN,
        namespace=str(lease["metadata"]["namespace"]),
        leader=holder if works else None,
        renewed_at=renewed_at,
    )


def _read_time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None

"""The dashboard as it is committed, and what it asks Prometheus for."""

from __future__ import annotations

import json
from typing import Any

from tests.prometheus_rule import FOLDER

BOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())


def list_queries() -> list[tuple[str, str]]:
    """Return each panel's title with each of its queries."""
    return [
        (panel["title"], target["expr"])
        for panel in BOARD["panels"]
        for target in panel.get("targets", [])
    ]

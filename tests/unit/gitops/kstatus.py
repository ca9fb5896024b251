"""What tools that know no kind make of an object: the rule of kstatus for custom resources.

Flux without rules of its own, `kubectl` plug-ins and kpt read objects by it.
"""

from __future__ import annotations

from typing import Any


def read_kstatus(manifest: dict[str, Any]) -> str:
    """Return Current, InProgress, Failed or Terminating."""
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    if "deletionTimestamp" in metadata:
        return "Terminating"
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    found = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    if found.get("Reconciling") == "True":
        return "InProgress"
    if found.get("Stalled") == "True":
        return "Failed"
    return "Current" if found.get("Ready", "True") == "True" else "InProgress"

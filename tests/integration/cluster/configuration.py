"""The configuration of an operator that has the cluster role alone."""

from __future__ import annotations

from typing import Any


def build_config(home: str, **more: Any) -> dict[str, Any]:
    return {
        "namespace": home,
        "cluster": {"name": "cluster1"},
        "resyncSeconds": 10,  # the least
        "leaderElection": {"enabled": False},  # a killed one would be waited for
        "logging": {"format": "console", "level": "DEBUG"},
        **more,
    }

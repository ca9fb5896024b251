"""The demo tells from lists of pods whether any was restarted or replaced."""

from __future__ import annotations

import json
from typing import Any

from demo.fleet.rotation import read_restarts


def build_pod(uid: str, *, restarts: int, agent_restarts: int = 0) -> dict[str, Any]:
    status = {
        "containerStatuses": [{"restartCount": restarts}],
        "initContainerStatuses": [{"restartCount": agent_restarts}],
    }
    return {"metadata": {"uid": uid}, "status": status}


def test_reads_restarts_of_all_containers() -> None:
    pods = [build_pod("a", restarts=0), build_pod("b", restarts=1, agent_restarts=2)]
    assert read_restarts(json.dumps({"items": pods})) == {"a": 0, "b": 3}


def test_leaves_out_pods_on_their_way_out() -> None:
    leaving = build_pod("a", restarts=0)
    leaving["metadata"]["deletionTimestamp"] = "2030-01-01T10:00:00Z"
    assert read_restarts(json.dumps({"items": [leaving, build_pod("b", restarts=0)]})) == {"b": 0}


def test_reads_a_pod_that_has_not_started() -> None:
    pods = [{"metadata": {"uid": "a"}, "status": {}}]
    assert read_restarts(json.dumps({"items": pods})) == {"a": 0}

"""The demo follows a renewal by what the agent reports and what istiod logs."""

from __future__ import annotations

import json

from demo.renewal import Instance, find_loading, read_instances


def test_reads_what_agents_report() -> None:
    reported = {
        "pod": "istiod-1",
        "serial": "2a",
        "intermediateGeneration": 2,
        "loadedByIstiod": True,
    }
    document = json.dumps({"status": {"instances": [reported, {"pod": "istiod-2"}]}})
    assert read_instances(document) == [
        Instance(pod="istiod-1", serial="2a", generation=2, is_loaded=True),
        Instance(pod="istiod-2", serial="", generation=0, is_loaded=False),
    ]


def test_nobody_has_reported_yet() -> None:
    assert read_instances("{}") == []


def test_finds_the_last_line_that_tells_of_an_intermediate() -> None:
    lines = ["1 updated its key and certs", "2 other", "3 updated its key and certs", "4 other"]
    assert find_loading("\n".join(lines)) == "…\n3 updated its key and certs"
    assert find_loading("1 other") == "…"

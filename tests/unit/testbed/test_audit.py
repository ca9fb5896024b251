"""An API server is told to write down who asked for what, and never what an object holds."""

import json
from pathlib import Path

from testbed import audit


def test_it_keeps_no_content_and_leaves_the_control_plane_out(tmp_path: Path) -> None:
    words = audit.prepare(tmp_path)
    (policy,) = (word.partition("=")[2] for word in words if "policy" in word)
    rules = json.loads(Path(policy).read_text())["rules"]
    assert {each["level"] for each in rules} == {"None", "Metadata"}
    assert rules[-1] == {"level": "Metadata"}
    quiet = {user for each in rules for user in each.get("users", ())}
    assert "system:kube-controller-manager" in quiet
    assert f"--audit-log-path={audit.log_file(tmp_path)}" in words

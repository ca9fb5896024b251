"""What the image promises to whoever runs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbed import Cluster, Testbed
from tests.e2e.operator_pod import IMAGE
from tests.integration.hub.waiting import wait_for
from tests.session import REPOSITORY

RESTRICTED = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
MEGABYTE = 1_000_000


def run_to_end(cluster: Cluster, name: str, container: dict[str, Any]) -> str:
    """Run one container of our image, and return what it printed; it must end well."""
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [
            {"name": "it", "image": IMAGE, "imagePullPolicy": "Never", **container},
        ],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    cluster.kubectl("delete", "pod", name, "--ignore-not-found", "--now")
    cluster.kubectl("create", "-f", "-", input=json.dumps(pod))
    phase = ("get", "pod", name, "-o=jsonpath={.status.phase}")
    ended = wait_for(lambda: cluster.kubectl(*phase).stdout, {"Succeeded", "Failed"}.__contains__)
    printed = cluster.kubectl("logs", name).stdout
    assert ended == "Succeeded", printed
    return printed


@pytest.mark.parametrize("user", [1337, 65532, 1_000_650_000])
def test_it_runs_as_any_user_on_a_root_that_nobody_can_write(cluster: Cluster, user: int) -> None:
    security = {**RESTRICTED, "runAsUser": user, "runAsGroup": user}
    printed = run_to_end(cluster, f"user-{user}", {"args": ["--help"], "securityContext": security})
    assert "operator" in printed


def test_its_own_user_is_not_root(cluster: Cluster) -> None:
    """`runAsNonRoot` can be checked only against a number."""
    assert run_to_end(cluster, "own-user", {"args": ["--version"], "securityContext": RESTRICTED})


def test_a_start_compiles_nothing(cluster: Cluster) -> None:
    """Compiling takes longer than all the rest, and a read-only root keeps nothing of it."""
    words = "import roottrust.cli.operator_command"
    command = ["/opt/roottrust/bin/python", "-v", "-c", words]
    printed = run_to_end(cluster, "imports", {"command": command})
    loads = [line for line in printed.splitlines() if line.startswith("# code object from")]
    compiled = [line for line in loads if "/opt/roottrust/bytecode/" not in line]
    # What some library tries to import and cannot, it tries at each start.
    assert len(loads) > 500
    assert [line for line in compiled if "roottrust/roottrust" in line] == []
    assert len(compiled) < 5, compiled


def test_it_is_small(bed: Testbed) -> None:
    own, _ = bed.build_image(REPOSITORY, IMAGE).sizes()
    assert own < 75 * MEGABYTE

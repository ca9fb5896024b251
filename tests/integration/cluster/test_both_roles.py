"""Both roles in one process, as the single-cluster install has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.cluster.configuration import build_config
from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.integration.manifests.table import change, read_base

NOWHERE = {
    "address": "https://vault.example:8200",
    "endpoint": "https://127.0.0.1:1",
    "login": {"tokenFile": {"path": "/nonexistent"}},
}


@pytest.fixture
def both(
    cluster: Cluster, home: str, role_process: OperatorProcess, log_folder: Path, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """An operator with both roles and a Vault that is away; meanwhile there is no other one."""
    role_process.kill()
    process = OperatorProcess(
        config=build_config(home, vaultServers=[NOWHERE]),
        kubeconfig=cluster.kubeconfig,
        folder=tmp_path,
        log=log_folder / "both-roles.log",
        roles="hub,cluster",
    )
    process.start()
    yield process
    process.kill()


@pytest.fixture
def policy(cluster: Cluster, home: str) -> Iterator[str]:
    name = "both-roles"
    changes = {"metadata.name": name, "metadata.namespace": home}
    manifest = change(read_base("guide"), changes)
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    yield name
    cluster.kubectl("delete", "rtp", name, "-n", home)


def test_each_does_its_work_while_vault_is_away(
    both: OperatorProcess, policy: str, istiod: Istiod
) -> None:
    def find_conditions() -> dict[str, Any]:
        words = ("get", "rtp", policy, "-n", istiod.home, "-o=json")
        status = json.loads(istiod.cluster.kubectl(*words).stdout).get("status", {})
        return {each["type"]: each["status"] for each in status.get("conditions", ())}

    istiod.install()
    istiod.wait_for_status(lambda found: found.get("istiod", {}).get("summary") == "0/1")
    found = wait_for(find_conditions, bool)
    assert found["Ready"] != "True"
    assert found["Accepted"] == "True"  # by the hub: the cluster role leaves it alone
    assert both.get("/readyz").ok
    assert both.count_samples("roottrust_leader_state") == 1
    assert both.stop() == 0

"""Two operators in the cluster role: one writes, and the other only once that one is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import Cluster
from tests.integration.cluster.configuration import build_config
from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for

TERMS = {"leaseSeconds": 5, "renewSeconds": 3, "retrySeconds": 1}
TAKEOVER_SECONDS = 10.0


@pytest.fixture
def build(
    home: str,
    role_process: OperatorProcess,
    role_kubeconfig: Path,
    log_folder: Path,
    tmp_path: Path,
) -> Iterator[Callable[[str], OperatorProcess]]:
    """Build operators that take part in the election; meanwhile there are no others."""
    role_process.kill()
    built: list[OperatorProcess] = []

    def build(name: str) -> OperatorProcess:
        folder = tmp_path / name
        folder.mkdir()
        process = OperatorProcess(
            config=build_config(home, leaderElection={"enabled": True, **TERMS}),
            kubeconfig=role_kubeconfig,
            folder=folder,
            log=log_folder / f"cluster-role-{name}.log",
            roles="cluster",
        )
        built.append(process)
        return process

    yield build
    for process in built:
        process.kill()


def leads(process: OperatorProcess) -> bool:
    return process.sum_metric("roottrust_leader_state") == 1


def test_only_the_leader_writes(
    build: Callable[[str], OperatorProcess], istiod: Istiod, cluster: Cluster, home: str
) -> None:
    first, second = build("first"), build("second")
    first.start()
    wait_for(lambda: leads(first), bool, seconds=TAKEOVER_SECONDS)
    second.start()
    holder = cluster.kubectl("get", "lease", "-n", home, "-o=name").stdout.split()
    assert holder == ["lease.coordination.k8s.io/roottrust-cluster"]
    istiod.install()
    istiod.wait_for_mesh()
    assert "standby: " in second.get("/readyz").text
    assert second.count_writes()["kubernetes"] == 0

    first.kill()
    istiod.uninstall()
    wait_for(lambda: leads(second), bool, seconds=TAKEOVER_SECONDS)
    istiod.wait_until_mesh_is_gone()

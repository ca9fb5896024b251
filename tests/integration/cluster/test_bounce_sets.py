"""StatefulSets and DaemonSets: those that roll by themselves, and those whose pods are evicted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.cluster.workloads import FIRST, Bounce, Workloads, select
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import DEADLINE_SECONDS

ON_DELETE = {"type": "OnDelete"}


@pytest.fixture
def nodes(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A label that two nodes have which exist on paper only."""
    label = f"of-{namespace}"
    names = [f"{namespace}-{number}" for number in range(2)]
    for name in names:
        metadata = {"name": name, "labels": {label: "yes"}}
        manifest = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
        cluster.kubectl("create", "-f", "-", input=json.dumps(manifest))
    yield label
    cluster.kubectl("delete", "node", *names)


@pytest.mark.usefixtures("role")
def test_sets_that_roll_by_themselves_are_annotated(
    workloads: Workloads, nodes: str, bounce: Bounce
) -> None:
    place = workloads.namespace
    workloads.create("store", kind="StatefulSet", replicas=2)
    _create_daemon(workloads, nodes)
    before = set(workloads.list_ready("store") + workloads.list_ready("agent"))
    assert len(before) == 4
    bounce.create([select(place, "store", waitForReplicas=2), select(place, "agent")])
    status = bounce.wait_for_state("FINISHED")
    assert (status["done"], status["total"]) == (2, 2)
    assert not before & set(workloads.list_ready("store") + workloads.list_ready("agent"))


@pytest.mark.usefixtures("role")
def test_pods_of_a_set_with_on_delete_are_evicted_one_by_one(
    workloads: Workloads, bounce: Bounce
) -> None:
    workloads.create("store", kind="StatefulSet", replicas=3, updateStrategy=ON_DELETE)
    before = set(workloads.list_ready("store"))
    bounce.create([select(workloads.namespace, "store")])
    seen: list[list[str]] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while bounce.read_status().get("state") != "FINISHED":
        assert time.monotonic() < deadline, seen
        pods = workloads.list_pods("store")
        kept = [each["metadata"]["name"] for each in pods if each["metadata"]["uid"] in before]
        assert len(workloads.list_ready("store")) >= 2
        if not seen or seen[-1] != kept:
            seen.append(kept)
    every = [["store-0", "store-1", "store-2"], ["store-0", "store-1"], ["store-0"], []]
    assert seen == every
    assert bounce.read_status()["workloads"][0]["ready"] == 3


def test_evictions_keep_disruption_budgets_and_go_on_after_a_kill(
    role: OperatorProcess, workloads: Workloads, nodes: str, bounce: Bounce
) -> None:
    _create_daemon(workloads, nodes, updateStrategy=ON_DELETE)
    before = set(workloads.list_ready("agent"))
    workloads.budget("agent", minAvailable=2)
    bounce.create([select(workloads.namespace, "agent")])
    status = bounce.wait_for_reason("BudgetExhausted")
    assert "PodDisruptionBudget agent allows none to be evicted now" in status["message"]
    assert workloads.find_hash("agent", kind="daemonset") == FIRST
    assert set(workloads.list_ready("agent")) == before
    role.kill()
    workloads.budget("agent", minAvailable=1)
    role.start()
    bounce.wait_for_state("FINISHED")
    assert not before & set(workloads.list_ready("agent"))


def _create_daemon(workloads: Workloads, label: str, **spec: Any) -> None:
    template = {
        "metadata": {"labels": {"app": "agent"}},
        "spec": {
            "nodeSelector": {label: "yes"},
            "containers": [{"name": "main", "image": "registry.example/main"}],
        },
    }
    workloads.create("agent", kind="DaemonSet", replicas=2, template=template, **spec)

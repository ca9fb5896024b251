"""What keeps a restart from being made, or from coming to its end, is told and hurts nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from testbed import Cluster
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.kubelet import Kubelet
from tests.integration.cluster.workloads import (
    FIRST,
    SECOND,
    Bounce,
    Workloads,
    select,
    show_states,
)
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import create_namespace, delete_object


@pytest.mark.usefixtures("role")
def test_a_paused_rollout_is_not_touched_and_keeps_those_behind_it_waiting(
    workloads: Workloads, bounce: Bounce
) -> None:
    place = workloads.namespace
    for name in ("paused", "beside", "behind"):
        workloads.create(name, labels={"part": name})
    workloads.kubectl("rollout", "pause", "deployment", "paused")
    workloads.kubectl("patch", "deployment", "beside", "-p", _template_labels(part="paused"))
    group = {"namespace": place, "labels": {"part": "paused"}}
    bounce.create([group, select(place, "behind")])
    status = bounce.wait_for_reason("RolloutPaused")
    assert f"Deployment {place}/paused: Not restarted: its rollout is paused" in status["message"]
    assert show_states(status) == {
        "paused": "Waiting/RolloutPaused",
        "behind": "Waiting/WaitingForTurn",
        "beside": "Done/Restarted",
    }
    assert workloads.find_hash("paused") is None
    workloads.kubectl("rollout", "resume", "deployment", "paused")
    bounce.wait_for_state("FINISHED")


@pytest.mark.usefixtures("role")
def test_a_partition_is_not_touched(workloads: Workloads, bounce: Bounce) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    workloads.create("store", kind="StatefulSet", replicas=2, updateStrategy=rolling)
    bounce.create([select(workloads.namespace, "store")])
    bounce.wait_for_reason("RolloutPartitioned")
    assert workloads.find_hash("store", kind="statefulset") is None


@pytest.mark.usefixtures("role")
def test_a_rollout_that_fails_stops_the_rest_until_it_is_repaired(
    workloads: Workloads, kubelet: Kubelet, bounce: Bounce
) -> None:
    place = workloads.namespace
    workloads.create("broken", progressDeadlineSeconds=3)
    workloads.create("behind")
    before = workloads.list_ready("broken")
    kubelet.held.add("broken")
    bounce.create([select(place, "broken"), select(place, "behind")])
    status = bounce.wait_for_state("FAILED")
    assert f"Deployment {place}/broken: Its rollout has failed: 0 of 1" in status["message"]
    assert show_states(status)["broken"] == "Failed/RolloutFailed"
    assert workloads.list_ready("broken") == before  # the old pod still serves
    assert workloads.find_hash("behind") is None
    wait_for(bounce.read_events, lambda found: found == {"Restarting", "RolloutFailed"})
    kubelet.held.clear()
    bounce.wait_for_state("FINISHED")
    assert workloads.find_hash("behind") == FIRST


@pytest.mark.usefixtures("role")
def test_a_disruption_budget_that_a_rollout_would_break_is_kept(
    workloads: Workloads, bounce: Bounce
) -> None:
    one_by_one = {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    workloads.create("strict", replicas=2, strategy=one_by_one)
    workloads.budget("strict", minAvailable=2)
    before = workloads.list_ready("strict")
    bounce.create([select(workloads.namespace, "strict")])
    status = bounce.wait_for_reason("BudgetExhausted")
    assert "takes 1 pod away at once, and PodDisruptionBudget strict allows 0" in status["message"]
    assert workloads.find_hash("strict") is None
    assert workloads.list_ready("strict") == before
    workloads.budget("strict", minAvailable=1)
    bounce.wait_for_state("FINISHED")


@pytest.mark.usefixtures("role")
def test_a_restart_that_somebody_undoes_is_not_made_again_and_again(
    workloads: Workloads, kubelet: Kubelet, bounce: Bounce
) -> None:
    workloads.create("reviews")
    kubelet.held.add("reviews")
    bounce.create([select(workloads.namespace, "reviews")])
    bounce.wait_for_reason("Restarting")
    patch = {"spec": {"template": {"metadata": {"annotations": None}}}}
    workloads.kubectl("patch", "deployment", "reviews", "-p", json.dumps(patch))
    status = bounce.wait_for_state("FAILED")
    assert "Somebody took the annotation internal.gloo.solo.io/trust-hash off" in status["message"]
    assert workloads.find_hash("reviews") is None


@pytest.mark.usefixtures("role")
def test_two_directives_for_one_workload_come_to_an_end(
    workloads: Workloads, kubelet: Kubelet, bounce: Bounce, cluster: Cluster, home: str
) -> None:
    place = workloads.namespace
    workloads.create("reviews")
    kubelet.held.add("reviews")
    younger = Bounce(cluster, namespace=home, name=f"{place}-younger")
    bounce.create([select(place, "reviews")])
    bounce.wait_for_reason("Restarting")
    younger.create([select(place, "reviews")], trust_hash=SECOND)
    wait_for(lambda: workloads.find_hash("reviews"), lambda found: found == SECOND)
    kubelet.held.clear()
    bounce.wait_for_state("FINISHED")
    younger.wait_for_state("FINISHED")
    younger.delete()
    assert workloads.find_hash("reviews") == SECOND


@pytest.fixture
def tenant(cluster: Cluster, namespace: str) -> Iterator[str]:
    """Another namespace, whose owner may create directives there."""
    name = f"{namespace}-tenant"
    create_namespace(cluster, name)
    yield name
    delete_object(cluster, "namespaces", "", name)


@pytest.mark.usefixtures("role")
def test_a_namespace_cannot_restart_another_ones_pods_nor_by_calling_itself_istiods(
    workloads: Workloads, tenant: str, cluster: Cluster, home: str
) -> None:
    place = workloads.namespace
    workloads.create("reviews")
    Istiod(cluster=cluster, namespace=tenant, home=home).install()
    bounce = Bounce(cluster, namespace=tenant, name="foreign")
    bounce.create([select(tenant, "anything"), select(place, "reviews")])
    status = bounce.wait_for_reason("NotAllowed", type_="Accepted")
    assert status["state"] == "FAILED"
    assert f"may restart its own pods alone, not those of {place}" in status["message"]
    assert workloads.find_hash("reviews") is None
    wait_for(bounce.read_events, lambda found: found == {"NotAllowed"})


@pytest.mark.usefixtures("role")
def test_a_directive_beside_an_istiod_that_publishes_roots_counts_everywhere(
    workloads: Workloads, tenant: str, cluster: Cluster, home: str
) -> None:
    workloads.create("reviews")
    bounce = Bounce(cluster, namespace=tenant, name="of-the-mesh")
    bounce.create([select(workloads.namespace, "reviews")])
    bounce.wait_for_reason("NotAllowed", type_="Accepted")
    istiod = Istiod(cluster=cluster, namespace=tenant, home=home)
    istiod.may_publish_roots()
    istiod.install()
    bounce.wait_for_state("FINISHED")
    istiod.uninstall()


@pytest.mark.usefixtures("role")
def test_a_directive_for_another_cluster_is_refused(bounce: Bounce, namespace: str) -> None:
    mesh = {
        "name": "istiod-istio-system-cluster2",
        "cluster": "cluster2",
        "namespace": "istio-system",
        "deployment": "istiod",
    }
    bounce.create([select(namespace, "reviews")], meshRef=mesh)
    status = bounce.wait_for_reason("OtherCluster", type_="Accepted")
    assert status["message"].startswith("meshRef names cluster cluster2, and this is cluster1")


def test_a_kill_at_any_time_leaves_the_rest_to_the_next_one(
    role: OperatorProcess, workloads: Workloads, kubelet: Kubelet, bounce: Bounce
) -> None:
    names = [f"app-{number}" for number in range(4)]
    for name in names:
        workloads.create(name)
    kubelet.held |= set(names)
    bounce.create([select(workloads.namespace, name) for name in names])
    for name in names:
        role.start()
        wait_for(lambda name=name: workloads.find_hash(name), lambda found: found == FIRST)  # type: ignore[misc]
        role.kill()
        kubelet.held.discard(name)
    status = bounce.read_status()
    assert status["state"] == "RESTARTING"
    role.start()
    bounce.wait_for_state("FINISHED")
    for name in names:
        generation = workloads.read("deployment", name)["metadata"]["generation"]
        assert generation == 2  # created, and restarted once


def _template_labels(**labels: str) -> str:
    return json.dumps({"spec": {"template": {"metadata": {"labels": labels}}}})

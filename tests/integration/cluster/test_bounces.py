"""PodBounceDirectives restart workloads in order, once for each trust hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.kubelet import Kubelet
from tests.integration.cluster.roots import OTHER, ROOT
from tests.integration.cluster.workloads import (
    FIRST,
    SECOND,
    Bounce,
    Workloads,
    find_reason,
    select,
    show_states,
)
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for

TRUST = hashlib.sha256(ROOT.encode()).hexdigest()


@pytest.mark.usefixtures("role")
def test_istiod_goes_first_then_gateways_once_they_have_the_roots_then_the_rest(
    istiod: Istiod, workloads: Workloads, kubelet: Kubelet, bounce: Bounce
) -> None:
    place = workloads.namespace
    istiod.install()
    for name, labels in (("gateway", {"istio": "ingressgateway"}), ("reviews", {})):
        workloads.create(name, labels={**labels, "part": "mesh"})
    istiod.publish(OTHER)
    kubelet.held |= {"istiod", "gateway"}
    mesh = {"namespace": place, "labels": {"part": "mesh"}, "rootCertSync": {}}
    bounce.create([select(place, "istiod", waitForReplicas=1), mesh], trust_hash=TRUST)

    status = bounce.wait_for_reason("Restarting")
    assert status["message"] == f"Deployment {place}/istiod (0/1) is being restarted."
    assert (status["state"], status["done"], status["total"]) == ("RESTARTING", 0, 3)

    kubelet.held.discard("istiod")
    status = bounce.wait_for_reason("WaitingForRoots")
    assert f"ConfigMap {place}/istio-ca-root-cert does not have the roots" in status["message"]
    assert workloads.find_hash("gateway") is None

    istiod.publish(ROOT)
    status = bounce.wait_for(lambda found: found["done"] == 1 and "gateway" in found["message"])
    states = show_states(status)
    assert states["gateway"] == "Restarting/Restarting"
    assert states["reviews"] == "Waiting/WaitingForTurn"
    assert workloads.find_hash("reviews") is None

    kubelet.held.clear()
    status = bounce.wait_for_state("FINISHED")
    assert (status["done"], status["total"]) == (3, 3)
    assert status["message"] == "3 workloads are restarted."
    assert find_reason(status) == "Complete"
    for app in ("istiod", "gateway", "reviews"):
        assert workloads.find_hash(app) == TRUST
    told = {"Restarting", "WaitingForRoots", "Complete"}
    wait_for(bounce.read_events, lambda found: found == told)


@pytest.mark.usefixtures("role")
def test_what_was_restarted_for_a_trust_hash_is_left_alone(
    workloads: Workloads, bounce: Bounce, cluster: Cluster, home: str
) -> None:
    place = workloads.namespace
    workloads.create("reviews", replicas=2)
    bounce.create([select(place, "reviews")])
    bounce.wait_for_state("FINISHED")
    pods = workloads.list_ready("reviews")

    again = Bounce(cluster, namespace=home, name=f"{place}-again")
    again.create([select(place, "reviews")])
    assert again.wait_for_state("FINISHED")["done"] == 1
    assert workloads.list_ready("reviews") == pods
    again.delete()

    again.create([select(place, "reviews")], trust_hash=SECOND)
    again.wait_for_state("FINISHED")
    again.delete()
    assert workloads.find_hash("reviews") == SECOND
    assert not set(workloads.list_ready("reviews")) & set(pods)


@pytest.mark.usefixtures("role")
def test_a_directive_by_hand_needs_no_trust_hash_and_works_in_its_own_namespace(
    workloads: Workloads, cluster: Cluster
) -> None:
    place = workloads.namespace
    workloads.create("reviews")
    pods = workloads.list_ready("reviews")
    bounce = Bounce(cluster, namespace=place, name="by-hand")
    bounce.create([select(place, "reviews", waitForReplicas=1)], trust_hash=None)
    bounce.wait_for_state("FINISHED")
    assert not set(workloads.list_ready("reviews")) & set(pods)


@pytest.mark.usefixtures("role")
def test_a_few_rollouts_go_on_at_once(
    workloads: Workloads, kubelet: Kubelet, bounce: Bounce
) -> None:
    names = [f"app-{number}" for number in range(5)]
    for name in names:
        workloads.create(name, labels={"part": "mesh"})
    kubelet.held |= set(names)
    bounce.create([{"namespace": workloads.namespace, "labels": {"part": "mesh"}}])
    bounce.wait_for_reason("Restarting")
    hashes = [workloads.find_hash(name) for name in names]
    assert hashes == [FIRST, FIRST, FIRST, None, None]
    kubelet.held -= set(names[:1])
    wait_for(lambda: workloads.find_hash(names[3]), lambda found: found == FIRST)
    assert workloads.find_hash(names[4]) is None
    kubelet.held.clear()
    bounce.wait_for_state("FINISHED")


@pytest.mark.usefixtures("role")
def test_pods_that_nobody_would_replace_are_named_and_left_alone(
    workloads: Workloads, bounce: Bounce
) -> None:
    place = workloads.namespace
    labels = {"app": "lonely"}
    pod = {"containers": [{"name": "main", "image": "registry.example/main"}]}
    workloads.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "bare", "labels": labels},
            "spec": pod,
        }
    )
    template = {"metadata": {"labels": labels}, "spec": {**pod, "restartPolicy": "Never"}}
    workloads.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "job"},
            "spec": {"template": template},
        }
    )
    workloads.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": "alone"},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {**labels, "set": "alone"}},
                "template": {"metadata": {"labels": {**labels, "set": "alone"}}, "spec": pod},
            },
        }
    )
    before = wait_for(lambda: workloads.list_ready("lonely"), lambda found: len(found) == 3)
    bounce.create([select(place, "lonely")])
    status = bounce.wait_for_state("FINISHED")
    assert show_states(status) == {
        "alone": "Skipped/UnknownOwner",
        "bare": "Skipped/NoController",
        "job": "Skipped/Job",
    }
    assert (status["done"], status["total"]) == (0, 0)
    assert find_reason(status) == "NothingSelected"
    assert workloads.list_ready("lonely") == before


def test_nothing_is_written_for_a_directive_that_is_done(
    role: OperatorProcess, workloads: Workloads, bounce: Bounce
) -> None:
    workloads.create("reviews")
    bounce.create([select(workloads.namespace, "reviews")])
    bounce.wait_for_state("FINISHED")
    role.stop()
    # Somebody takes the annotation off: it was restarted all the same.
    patch: dict[str, Any] = {"spec": {"template": {"metadata": {"annotations": None}}}}
    workloads.kubectl("patch", "deployment", "reviews", "-p", json.dumps(patch))
    role.start()
    wait_for(lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > 0)
    assert role.sum_metric("roottrust_kubernetes_writes_total", kind="deployments.apps") == 0
    assert workloads.find_hash("reviews") is None


@pytest.mark.usefixtures("role")
def test_kubectl_shows_in_a_line_how_far_it_is(workloads: Workloads, bounce: Bounce) -> None:
    workloads.create("reviews")
    bounce.create([select(workloads.namespace, "reviews")])
    bounce.wait_for_state("FINISHED")
    words = ("get", "podbouncedirectives", "-A", "--no-headers")
    lines = workloads.cluster.kubectl(*words).stdout.splitlines()
    (line,) = [each for each in lines if workloads.namespace in each]
    assert line.split()[2:9] == ["FINISHED", "1", "1", "1", "workload", "is", "restarted."]

"""Meshes of registered clusters, mirrored in the cluster of the hub."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.access_review import may_do
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.both import select_both
from tests.integration.hub.clusters.mirror import LABEL, Mirror, count_writes, read_condition
from tests.integration.hub.clusters.registration import HOME, Registrar, build_kubeconfig
from tests.integration.hub.mesh import delete_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for

MESHES = ("internal.gloo.solo.io", "meshes")
HUB = f"system:serviceaccount:{HOME}:roottrust-hub"
# Each cluster is looked at again by then: a write that nothing asks for would have been made.
RESYNC_SECONDS = 12.0
SINCE = "2030-01-01T00:00:00Z"
FINGERPRINT = "ab" * 32


@pytest.fixture
def mirror(cluster: Cluster, remote: Certificate) -> Mirror:
    """That of the second cluster's mesh."""
    return Mirror(cluster, remote.name)


def tell(second: Cluster, namespace: str, **status: Any) -> None:
    """Report on the second cluster's mesh."""
    report_mesh(second, namespace=namespace, fingerprints=[FINGERPRINT], **status)


def build_ready(status: str = "True") -> dict[str, str]:
    return {
        "type": "Ready",
        "status": status,
        "reason": "Ready",
        "message": "All is well.",
        "lastTransitionTime": SINCE,
    }


def test_it_appears_follows_and_goes(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    mirror: Mirror,
    namespace: str,
) -> None:
    registrar.register("cluster2", kubeconfig)
    found = mirror.wait_for(lambda found: "status" in found)
    assert found["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "roottrust",
        LABEL: "cluster2",
    }
    assert found["spec"]["istio"]["installation"]["namespace"] == namespace
    assert read_condition(found, "Current")["status"] == "True"
    tell(second, namespace, conditions=[build_ready()])
    found = mirror.wait_for(lambda found: "rootFingerprints" in found["status"])
    assert found["status"]["istiod"] == {"ready": 1, "total": 1}
    assert read_condition(found, "Ready") == build_ready()
    place = json.dumps({"spec": {"istio": {"installation": {"version": "1.30.1"}}}})
    words = ("patch", "mesh", mirror.name, "-n", namespace, "--type=merge", f"--patch={place}")
    second.kubectl(*words)
    mirror.wait_for(lambda found: found["spec"]["istio"]["installation"].get("version") == "1.30.1")
    delete_mesh(second, namespace=namespace)
    mirror.wait_until_gone()


def test_what_somebody_changes_or_removes_is_put_back(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    second: Cluster,
    mirror: Mirror,
    namespace: str,
) -> None:
    tell(second, namespace)
    registrar.register("cluster2", kubeconfig)
    found = mirror.wait_for(lambda found: "rootFingerprints" in found.get("status", {}))
    lie = json.dumps({"status": {"selfSigned": True}})
    words = ("patch", "mesh", mirror.name, "-n", HOME, "--type=merge", f"--patch={lie}")
    cluster.kubectl(*words, "--subresource=status")
    mirror.wait_for(lambda now: now["status"] == found["status"])
    cluster.kubectl("delete", "mesh", mirror.name, "-n", HOME)
    back = mirror.wait_for(lambda now: "rootFingerprints" in now.get("status", {}))
    assert back["metadata"]["uid"] != found["metadata"]["uid"]


def test_it_goes_with_the_registration_also_while_no_hub_runs(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    mirror: Mirror,
    remote: Certificate,
) -> None:
    registrar.register("cluster2", kubeconfig)
    mirror.wait_for()
    registrar.clear()
    mirror.wait_until_gone()
    registrar.register("cluster2", kubeconfig)
    mirror.wait_for()
    operator.kill()
    registrar.clear()
    assert mirror.read() is not None
    operator.start()
    mirror.wait_until_gone()


def test_an_idle_fleet_and_a_restart_write_nothing(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    mirror: Mirror,
    make_policy: MakePolicy,
    names2: Names,
    remote: Certificate,
    namespace: str,
) -> None:
    """Also where a policy has it say more."""
    tell(second, namespace, conditions=[build_ready()])
    registrar.register("cluster2", kubeconfig)
    make_policy(names2)
    remote.wait_for()
    mirror.wait_for(lambda found: "issuance" in found.get("status", {}))
    mirror.wait_until_alone()  # meshes of tests before are still on their way out
    before = mirror.wait_for()
    counted = count_writes(operator)
    assert counted > 0
    time.sleep(RESYNC_SECONDS)
    assert count_writes(operator) == counted
    operator.kill()
    operator.start()
    time.sleep(RESYNC_SECONDS)
    assert count_writes(operator) == 0
    assert mirror.wait_for() == before


# An API server that starts refuses everything until it has read its roles.
@pytest.mark.refused("roottrust-")
def test_while_its_cluster_is_away_it_stays_and_is_no_claim(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    mirror: Mirror,
    namespace: str,
) -> None:
    tell(second, namespace, conditions=[build_ready()])
    registrar.register("cluster2", kubeconfig)
    mirror.wait_for(lambda found: read_condition(found, "Ready") == build_ready())
    second.stop_part("kube-apiserver")
    try:
        away = mirror.wait_until_current("False")
        assert away["reason"] == "ClusterUnreachable"
        found = mirror.wait_for()
        ready = read_condition(found, "Ready")
        since = away["lastTransitionTime"]
        assert (ready["status"], ready["lastTransitionTime"]) == ("Unknown", since)
        assert found["status"]["message"].startswith(f"Cluster cluster2 (since {since}): ")
        assert found["status"]["rootFingerprints"] == [FINGERPRINT]
        operator.kill()
        operator.start()
        time.sleep(RESYNC_SECONDS)
        assert mirror.wait_for()["status"] == found["status"]
    finally:
        second.start_part("kube-apiserver")
    mirror.wait_until_current()
    found = mirror.wait_for()
    assert read_condition(found, "Ready") == build_ready()
    assert "message" not in found["status"]


def test_while_its_registration_is_refused_it_stays_and_says_why(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    mirror: Mirror,
    cluster: Cluster,
) -> None:
    registrar.register("cluster2", kubeconfig)
    mirror.wait_until_current()
    insecure = build_kubeconfig(second, "t", **{"insecure-skip-tls-verify": True})
    registrar.register("cluster2", insecure)
    refused = mirror.wait_until_current("False")
    assert refused["reason"] == "InsecureConnection"
    table = cluster.kubectl("get", "meshes", "-n", HOME, "-o", "wide").stdout
    assert "Cluster cluster2 (since " in table
    registrar.register("cluster2", kubeconfig)
    mirror.wait_until_current()


def test_an_object_that_has_its_name_is_left_alone_and_told(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    mirror: Mirror,
    namespace: str,
) -> None:
    place = {"namespace": namespace, "cluster": "cluster2"}
    foreign = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": HOME, "name": mirror.name},
        "spec": {"istio": {"installation": place}},
    }
    cluster.kubectl("create", "-f", "-", input=json.dumps(foreign))
    before = mirror.read()
    registrar.register("cluster2", kubeconfig)

    def read_reasons() -> list[str]:
        words = ("get", "events", "-n", HOME, "-o", "json")
        events = json.loads(cluster.kubectl(*words).stdout)["items"]
        return [each["reason"] for each in events if each["involvedObject"]["name"] == mirror.name]

    wait_for(read_reasons, lambda found: "NameTaken" in found)
    assert mirror.read() == before
    cluster.kubectl("delete", "mesh", mirror.name, "-n", HOME)
    mirror.wait_for(lambda found: LABEL in found["metadata"].get("labels", {}))


def test_it_is_no_mesh_of_the_hubs_own_cluster(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    mirror: Mirror,
    make_policy: MakePolicy,
    names: Names,
    remote: Certificate,
    namespace: str,
) -> None:
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names, select_both(namespace))
    mirror.wait_for(lambda found: "issuance" in found.get("status", {}))
    told = wait_for(lambda: policy.read_status().get("meshes", []), bool)
    assert [(each["cluster"], each["mesh"]) for each in told] == [("cluster2", remote.name)]


def test_texts_of_a_strange_cluster_reach_no_terminal(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    second: Cluster,
    mirror: Mirror,
    namespace: str,
) -> None:
    ready = {**build_ready(), "message": "\033[2Jgone\nReady: True", "reason": "a\u202eb"}
    tell(second, namespace, message="\033]0;title\a" + 999 * "x", conditions=[ready])
    registrar.register("cluster2", kubeconfig)
    found = mirror.wait_for(lambda found: "message" in found.get("status", {}))
    assert found["status"]["message"].startswith("�]0;title�xx")
    told = read_condition(found, "Ready")
    assert (told["reason"], told["message"]) == ("a�b", "�[2Jgone Ready: True")


@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "may"),
    [
        ("create", MESHES, HOME, True),
        ("patch", MESHES, HOME, True),
        ("delete", MESHES, HOME, True),
        ("patch", (MESHES[0], "meshes/status"), HOME, True),
        ("create", MESHES, "istio-system", False),
        ("patch", MESHES, "istio-system", False),
        ("delete", MESHES, "istio-system", False),
        ("patch", (MESHES[0], "meshes/status"), "istio-system", False),
    ],
)
@pytest.mark.usefixtures("hub_kubeconfig")
def test_the_hub_writes_meshes_in_its_own_namespace_alone(
    cluster: Cluster, verb: str, resource: tuple[str, str], namespace: str, *, may: bool
) -> None:
    assert may_do(cluster, HUB, verb, resource, namespace) is may

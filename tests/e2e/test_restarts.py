"""A PodBounceDirective in a mesh of real pods: restarted in order, and nobody is cut off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed import Testbed
from tests.doc_blocks import find_block
from tests.e2e.helm import NAMESPACE
from tests.e2e.load import PATIENT_SECONDS
from tests.e2e.mesh_site import MeshSite
from tests.e2e.operator_pod import ACCOUNT, apply_sample_policy
from tests.e2e.operator_pod import NAMESPACE as HOME
from tests.e2e.workload import Workload
from tests.integration.cluster.workloads import ANNOTATION, Bounce, select
from tests.integration.hub.waiting import wait_for
from tests.integration.kubectl_reader import prepare_kubectl_reader
from tests.integration.reader import Reader

# As istio's injection writes them.
PROXY = {"service.istio.io/canonical-name": "any"}
GATEWAY, SIDECAR = {"istio": "ingressgateway"}, {"security.istio.io/tlsMode": "istio"}
REPLICAS = {"gateway": 1, "reviews": 2}
LOAD_SECONDS = 60


@pytest.fixture
def workloads(mesh: MeshSite) -> Iterator[tuple[str, ...]]:
    """A gateway by its label, and a workload, each with an identity of the mesh."""
    pod = Workload(cluster=mesh.cluster, namespace=mesh.namespace, name="any")
    pod.start()  # its scripts are what the others run
    for name, replicas in REPLICAS.items():
        labels = {"app": name, **PROXY, **(GATEWAY if name == "gateway" else SIDECAR)}
        metadata = {"labels": labels, "annotations": {"istio.io/rev": "default"}}
        template = {"metadata": metadata, "spec": pod.build_pod()["spec"]}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        }
        manifest = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": spec,
        }
        pod.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    for name in REPLICAS:
        pod.kubectl("rollout", "status", f"deployment/{name}", "--timeout=90s")
    yield tuple(REPLICAS)
    pod.kubectl("delete", "deployment", *REPLICAS)
    pod.kubectl("delete", "pod", pod.name, "--now")


@pytest.fixture
def bounce(mesh: MeshSite) -> Iterator[Bounce]:
    """A directive beside istiod, whose own rights let it count for other namespaces."""
    bounce = Bounce(mesh.cluster, namespace=NAMESPACE, name="new-root")
    yield bounce
    bounce.delete()


@pytest.fixture
def reader(mesh: MeshSite, bed: Testbed, tmp_path: Path) -> Reader:
    """Somebody who has the page beside them."""
    return prepare_kubectl_reader(tmp_path, bed=bed, cluster=mesh.cluster)


def list_pods(mesh: MeshSite, app: str) -> dict[str, Any]:
    """Return the pods of a workload by their uids."""
    words = ("get", "pods", "--all-namespaces", "-l", f"app={app}", "-o=json")
    found = json.loads(mesh.cluster.kubectl(*words).stdout)["items"]
    return {
        each["metadata"]["uid"]: each
        for each in found
        if "deletionTimestamp" not in each["metadata"]
    }


def test_a_mesh_is_restarted_in_order_while_its_workloads_connect(
    mesh: MeshSite, workloads: tuple[str, ...], bounce: Bounce
) -> None:
    words = ("get", "configmap", "istio-ca-root-cert", "-n", NAMESPACE, "-o=json")
    roots = json.loads(mesh.cluster.kubectl(*words).stdout)["data"]["root-cert.pem"]
    trust_hash = hashlib.sha256(roots.encode()).hexdigest()
    apps = ("istiod", *workloads)
    before = {app: list_pods(mesh, app) for app in apps}
    place = mesh.namespace
    with mesh.load(LOAD_SECONDS, certificate_seconds=PATIENT_SECONDS):
        bounce.create(
            [
                select(NAMESPACE, "istiod", waitForReplicas=1),
                {
                    "namespace": place,
                    "labels": {"istio": "ingressgateway"},
                    "rootCertSync": {},
                },
                select(place, "reviews", rootCertSync={}, waitForReplicas=2),
            ],
            trust_hash=trust_hash,
        )
        ends = {"FINISHED", "FAILED"}
        status = bounce.wait_for(lambda found: found.get("state") in ends, seconds=180)
    assert status["message"] == "3 workloads are restarted."
    after = {app: list_pods(mesh, app) for app in apps}
    begun: list[list[str]] = []
    for app in apps:
        assert not before[app].keys() & after[app].keys()
        pods = [each["metadata"] for each in after[app].values()]
        assert {each["annotations"][ANNOTATION] for each in pods} == {trust_hash}
        begun.append(sorted(each["creationTimestamp"] for each in pods))
    istiod, gateway, reviews = begun
    assert istiod[-1] < gateway[0] < reviews[0]
    assert len(reviews) == REPLICAS["reviews"]


def test_owners_of_a_namespace_may_have_it_restarted_once_they_are_given_the_right(
    mesh: MeshSite, reader: Reader
) -> None:
    done = reader.run(find_block("docs/restarts.md", "kubectl create role restarts"))
    assert done.code == 0, done
    ask = "kubectl auth can-i create podbouncedirectives.internal.gloo.solo.io"
    ask += " --as=somebody --as-group=bookinfo-owners -n"
    assert reader.type(f"{ask} {mesh.namespace}").out == "yes\n"
    assert reader.type(f"{ask} {NAMESPACE}").out == "no\n"
    reader.type(f"kubectl delete role,rolebinding restarts -n {mesh.namespace}")


@pytest.fixture
def asked(mesh: MeshSite) -> Iterator[int]:
    """A policy that asks for restarts at each issuance, and has just raised its generation."""
    generation = mesh.policy.read()["spec"].get("rotation", {}).get("intermediateGeneration", 1) + 1
    rotation = {"spec.rotation": {"intermediateGeneration": generation}}
    restarts = {"spec.config.autoRestartPods": True, "spec.config.restartOn": "Issuance"}
    apply_sample_policy(mesh.cluster, mesh.vault, {**rotation, **restarts})
    yield generation
    mesh.cluster.kubectl("delete", "podbouncedirectives", "--all", "-n", HOME)
    apply_sample_policy(mesh.cluster, mesh.vault, rotation)


def list_directives(mesh: MeshSite) -> list[dict[str, Any]]:
    words = ("get", "podbouncedirectives", "-n", HOME, "-o=json")
    found: list[dict[str, Any]] = json.loads(mesh.cluster.kubectl(*words).stdout)["items"]
    return found


def test_a_raised_generation_restarts_workloads_once_and_no_restart_brings_another(
    mesh: MeshSite, workloads: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    before = {app: list_pods(mesh, app) for app in ("istiod", *workloads)}
    with mesh.load(LOAD_SECONDS, certificate_seconds=PATIENT_SECONDS):
        generation = request.getfixturevalue("asked")
        mesh.istiod.wait_for_generation(generation)
        (directive,) = wait_for(lambda: list_directives(mesh), bool, seconds=60)
        bounce = Bounce(mesh.cluster, namespace=HOME, name=directive["metadata"]["name"])
        status = bounce.wait_for(lambda found: found.get("state") == "FINISHED", seconds=180)
    assert status["message"] == "2 workloads are restarted."
    after = {app: list_pods(mesh, app) for app in before}
    assert before["istiod"].keys() == after["istiod"].keys()
    for app in workloads:
        assert not before[app].keys() & after[app].keys()

    mesh.istiod.restart()
    mesh.istiod.wait_for_generation(generation)
    mesh.policy.wait_until_ready()
    mesh.cluster.kubectl("rollout", "restart", f"deployment/{ACCOUNT}", "-n", HOME)
    mesh.cluster.kubectl("rollout", "status", f"deployment/{ACCOUNT}", "-n", HOME, "--timeout=90s")
    mesh.policy.wait_until_ready()
    assert [each["metadata"]["name"] for each in list_directives(mesh)] == [
        directive["metadata"]["name"]
    ]
    assert {app: set(list_pods(mesh, app)) for app in workloads} == {
        app: set(after[app]) for app in workloads
    }

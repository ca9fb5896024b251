"""What a cluster proves in a step of a rotation of its root, and what it restarts for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from roottrust.domain.trust_bundle import TrustBundle, build_trust_bundle
from testbed import Testbed
from tests.doc_blocks import find_block
from tests.integration.cluster.issued import Issued
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.mesh_directives import find_bounce, list_directives
from tests.integration.cluster.roots import SELF_MADE
from tests.integration.cluster.workloads import Workloads
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects
from tests.integration.kubectl_reader import prepare_kubectl_reader
from tests.unit.domain.agent_entries import build_instance, build_intermediate, dump
from tests.unit.domain.samples import OTHER_ROOT, ROOT

ONE, BOTH = build_trust_bundle(ROOT), build_trust_bundle(ROOT, OTHER_ROOT)
SIDECAR = {
    "service.istio.io/canonical-name": "any",
    "security.istio.io/tlsMode": "istio",
}
REVISION = {"istio.io/rev": "default"}
# Pods are looked at every ten seconds, and leaves of five seconds have to end.
SECONDS = 60.0


@pytest.fixture
def mesh(lone_istiod: Istiod) -> Istiod:
    """An istiod that is seen to sign by itself."""
    lone_istiod.publish(SELF_MADE)
    wait_for_status(lone_istiod, lambda found: found.get("selfSigned") is True)
    return lone_istiod


def wait_for_status(mesh: Istiod, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return mesh.wait_for_status(holds, seconds=SECONDS)


def wait_for_evidence(mesh: Istiod, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the evidence is so, and return it."""
    status = wait_for_status(mesh, lambda found: holds(found.get("rotation") or {}))
    evidence: dict[str, Any] = status["rotation"]
    return evidence


def has(*names: str) -> Callable[[dict[str, Any]], bool]:
    """Return what holds when these workloads are told, and no others."""

    def holds(evidence: dict[str, Any]) -> bool:
        first = [each.split("/", 1)[1] for each in evidence.get("first", [])]
        return "since" in evidence and first == list(names) and evidence["total"] == len(names)

    return holds


def find_pods(mesh: Istiod) -> list[str]:
    found = list_objects(mesh.cluster, "pods", mesh.namespace, labels="istio=pilot")
    return [each["metadata"]["name"] for each in found]


def report(
    mesh: Istiod,
    bundle: TrustBundle,
    *,
    is_loaded: bool = True,
    started_with: TrustBundle | None = None,
) -> str:
    """Report what istiod has, as its agent does; return its pod."""
    (pod,) = wait_for(lambda: find_pods(mesh), lambda found: len(found) == 1, seconds=SECONDS)
    instance = build_instance(
        build_intermediate(),
        pod=pod,
        trust_bundle_fingerprint=bundle.text_fingerprint,
        loaded_by_istiod=is_loaded,
        started_with_roots=started_with.text_fingerprint if started_with else None,
    )
    (entry,) = dump(instance)
    Issued(mesh).report(**entry)
    return pod


def ask(
    mesh: Istiod,
    step: str | None,
    bundle: TrustBundle,
    *,
    restarts: bool = False,
    scope: str | None = None,
) -> None:
    given = {"rotationStep": step, "restartScope": scope}
    spec = {name: text for name, text in given.items() if text is not None}
    Issued(mesh).create(bundle.pem, restarts_pods=restarts, **spec)


def take(mesh: Istiod, step: str, bundle: TrustBundle, *, restarts: bool = False) -> None:
    """Have istiod serve what a step asks for."""
    ask(mesh, step, bundle, restarts=restarts)
    mesh.publish(bundle.pem)
    report(mesh, bundle)


def test_workloads_are_told_until_their_leaves_have_ended_or_their_pods_are_younger(
    role: OperatorProcess, mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION, replicas=2)
    workloads.create("brief", labels=SIDECAR, annotations=REVISION, env={"SECRET_TTL": "5s"})
    workloads.create("outside")
    ask(mesh, "g2-a", ONE)
    mesh.publish(ONE.pem)
    waits = wait_for_evidence(mesh, lambda found: found.get("step") == "g2-a")
    assert "since" not in waits
    pod = report(mesh, ONE)
    evidence = wait_for_evidence(mesh, has("Deployment/reviews"))
    since, ends_at = (datetime.fromisoformat(evidence[name]) for name in ("since", "endsAt"))
    assert (ends_at - since).total_seconds() == 24 * 3600 + 1
    told = {"LeavesFromBefore"}
    wait_for(mesh.read_events, lambda found: told <= set(found))

    mesh.cluster.kubectl("delete", "pod", pod, "-n", mesh.namespace, "--force")
    role.stop()
    role.start()
    workloads.create("young", labels=SIDECAR, annotations=REVISION)
    workloads.kubectl("rollout", "restart", "deployment/reviews")
    proven = wait_for_evidence(mesh, has())
    assert proven["since"] == evidence["since"]
    assert "endsAt" not in proven
    status = wait_for_status(mesh, lambda found: found["restartedFor"] == [ROOT.fingerprint])
    assert "staleWorkloads" not in status
    wait_for(mesh.read_events, lambda found: {"LeavesRenewed"} <= set(found))
    assert not {"WorkloadsStale", "WorkloadsRenewed"} & set(mesh.read_events())

    take(mesh, "g2-b", BOTH)
    following = wait_for_evidence(
        mesh, has("Deployment/brief", "Deployment/reviews", "Deployment/young")
    )
    assert following["since"] > evidence["since"]
    assert list_directives(mesh) == []


@pytest.mark.usefixtures("role")
def test_a_step_restarts_its_old_workloads_alone_and_once(
    mesh: Istiod, workloads: Workloads, bed: Testbed, tmp_path: Path
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    take(mesh, "g2-a", ONE)
    # Of the same second it would be old.
    evidence = wait_for_evidence(mesh, has("Deployment/reviews"))
    block = find_block("docs/restarts.md", "$ kubectl get mesh istiod-istio-system-cluster1")
    own = {"istiod-istio-system-cluster1": mesh.mesh, "gloo-mesh": mesh.home}
    done = prepare_kubectl_reader(tmp_path, bed=bed, cluster=mesh.cluster).run(block, replaced=own)
    assert json.loads(done.out) == evidence
    assert json.loads(block.text.splitlines()[1]).keys() == evidence.keys()
    wait_for(lambda: read_server_time(mesh), lambda now: now > evidence["since"])
    workloads.create("young", labels=SIDECAR, annotations=REVISION)
    assert list_directives(mesh) == []

    ask(mesh, "g2-a", ONE, restarts=True)
    bounce = find_bounce(mesh)
    assert bounce.wait_for_state("FINISHED")["message"] == "1 workload is restarted."
    hashes = [workloads.find_hash(name) for name in ("reviews", "young", "istiod")]
    assert hashes[0] is not None
    assert hashes[1:] == [None, None]
    proven = wait_for_evidence(mesh, has())
    assert proven["restartsRequested"] == ["Workloads"]
    status = wait_for_status(mesh, lambda found: found["restartedFor"] == [ROOT.fingerprint])
    assert status["rootFingerprints"] == status["restartedFor"]
    wait_for(mesh.read_events, lambda found: "RestartsRequested" in found)

    bounce.delete()
    ask(mesh, None, ONE, restarts=True)
    status = wait_for_status(mesh, lambda found: "rotation" not in found)
    assert "staleWorkloads" not in status
    assert list_directives(mesh) == []


def read_server_time(mesh: Istiod) -> str:
    """Return the API server's time, as it writes it on what is made now."""
    metadata = {"generateName": "moment-", "namespace": mesh.namespace}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    made = mesh.cluster.kubectl("create", "-f", "-", "-o=json", input=json.dumps(manifest))
    found: str = json.loads(made.stdout)["metadata"]["creationTimestamp"]
    return found


@pytest.mark.usefixtures("role")
def test_an_istiod_that_takes_changed_roots_only_with_a_restart_is_restarted(
    mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    take(mesh, "g2-a", ONE)
    wait_for_evidence(mesh, has("Deployment/reviews"))
    ask(mesh, "g2-b", BOTH, restarts=True)
    report(mesh, BOTH, is_loaded=False)
    bounce = find_bounce(mesh)
    status = bounce.wait_for_state("FINISHED")
    assert [each["name"] for each in status["workloads"]] == ["istiod"]
    digest = hashlib.sha256(b"rotationStep g2-b Istiod").hexdigest()
    assert workloads.find_hash("istiod") == digest
    assert workloads.find_hash("reviews") is None
    status = wait_for_status(mesh, lambda found: "restartsRequested" in found.get("rotation", {}))
    assert status["multiRoot"] is False
    assert "since" not in status["rotation"]


@pytest.mark.usefixtures("role")
def test_an_istiod_that_knows_its_clients_by_the_roots_before_is_restarted_alone_and_once(
    mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    take(mesh, "g2-c", BOTH)
    wait_for_evidence(mesh, has("Deployment/reviews"))
    report(mesh, BOTH, started_with=ONE)
    assert list_directives(mesh) == []

    ask(mesh, "g2-c", BOTH, restarts=True, scope="Istiod")
    bounce = find_bounce(mesh)
    status = bounce.wait_for_state("FINISHED")
    assert [each["name"] for each in status["workloads"]] == ["istiod"]
    digest = hashlib.sha256(b"rotationStep g2-c Istiod").hexdigest()
    assert workloads.find_hash("istiod") == digest
    assert workloads.find_hash("reviews") is None
    wait_for_evidence(mesh, lambda found: found.get("restartsRequested") == ["Istiod"])
    wait_for(mesh.read_events, lambda found: "RestartsRequested" in found)

    # Its replacement tells of the roots before as well, such as an agent that lies.
    report(mesh, BOTH, started_with=ONE)
    before = read_server_time(mesh)
    wait_for(lambda: read_server_time(mesh), lambda now: now > before)
    assert len(list_directives(mesh)) == 1
    assert workloads.find_hash("istiod") == digest

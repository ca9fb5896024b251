"""With autoRestartPods a mesh is restarted when its roots have changed: once, and never else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.cluster.issued import Issued
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.mesh_directives import find_bounce, list_directives
from tests.integration.cluster.roots import OTHER, ROOT, SELF_MADE
from tests.integration.cluster.workloads import Workloads
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for

TRUST = hashlib.sha256(ROOT.encode()).hexdigest()
PROXY = {"service.istio.io/canonical-name": "any"}
SIDECAR = {**PROXY, "security.istio.io/tlsMode": "istio"}
REVISION = {"istio.io/rev": "default"}
# As long as it takes until pods are looked at again.
LOOK_SECONDS = 60.0


@pytest.fixture
def mesh(lone_istiod: Istiod) -> Istiod:
    """An istiod that signs by itself."""
    return lone_istiod


def wait_for_reason(mesh: Istiod, reason: str) -> dict[str, Any]:
    def holds(status: dict[str, Any]) -> bool:
        reasons = {each["type"]: each["reason"] for each in status.get("conditions", ())}
        return reasons.get("Ready") == reason

    return mesh.wait_for_status(holds)


def change_roots(mesh: Istiod, *, restarts_pods: bool) -> Issued:
    """Have a mesh that signs by itself get the roots of a policy."""
    mesh.publish(SELF_MADE)
    wait_for_reason(mesh, "SelfSigned")
    issued = Issued(mesh)
    issued.create(ROOT, restarts_pods=restarts_pods)
    mesh.publish(ROOT)
    return issued


def test_a_mesh_whose_root_changed_is_restarted_once(
    role: OperatorProcess, mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("edge", labels=PROXY, annotations=REVISION)
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION, replicas=2)
    workloads.create("outside")
    change_roots(mesh, restarts_pods=True)
    bounce = find_bounce(mesh)
    status = bounce.wait_for_state("FINISHED")
    assert status["message"] == "3 workloads are restarted."
    names = ("istiod", "edge", "reviews", "outside")
    assert [workloads.find_hash(name) for name in names] == [TRUST, TRUST, TRUST, None]
    status = wait_for_reason(mesh, "Ready")
    assert status["restartedFor"] == status["rootFingerprints"]
    wait_for(mesh.read_events, lambda found: "RestartsRequested" in found)

    bounce.delete()
    role.stop()
    role.start()
    wait_for(lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > 0)
    mesh.publish(f"{ROOT}\n")
    wait_for_reason(mesh, "OtherRootPublished")
    mesh.publish(ROOT)
    wait_for_reason(mesh, "Ready")
    assert list_directives(mesh) == []


@pytest.mark.usefixtures("role")
def test_roots_that_change_back_restart_it_again(mesh: Istiod, workloads: Workloads) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    issued = change_roots(mesh, restarts_pods=True)
    find_bounce(mesh).wait_for_state("FINISHED")
    for root in (OTHER, ROOT):
        issued.create(root, restarts_pods=True)
        mesh.publish(root)
        find_bounce(mesh).wait_for_state("FINISHED")
        assert workloads.find_hash("reviews") == hashlib.sha256(root.encode()).hexdigest()
    names = list_directives(mesh)
    assert [each[-2:] for each in names if f"-{TRUST[:12]}-" in each] == ["-1", "-2"]
    status = wait_for_reason(mesh, "Ready")
    assert status["restartedFor"] == status["rootFingerprints"]


@pytest.mark.usefixtures("role")
def test_a_mesh_that_has_its_roots_from_the_start_is_not_restarted(
    mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    Issued(mesh).create(ROOT, restarts_pods=True)
    mesh.publish(ROOT)
    status = wait_for_reason(mesh, "Ready")
    assert status["restartedFor"] == status["rootFingerprints"]
    assert list_directives(mesh) == []
    assert workloads.find_hash("reviews") is None


@pytest.mark.usefixtures("role")
def test_without_auto_restart_pods_the_mesh_says_what_to_do_until_it_is_on(
    mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    issued = change_roots(mesh, restarts_pods=False)
    status = wait_for_reason(mesh, "Ready")
    assert "set config.autoRestartPods in the RootTrustPolicy" in status["message"]
    assert list_directives(mesh) == []
    issued.create(ROOT, restarts_pods=True)
    find_bounce(mesh).wait_for_state("FINISHED")
    mesh.wait_for_status(lambda found: "message" not in found)
    assert workloads.find_hash("reviews") == TRUST


def list_stale(status: dict[str, Any]) -> list[str]:
    return [each.split("/", 1)[1] for each in status.get("staleWorkloads", {}).get("first", [])]


def test_workloads_that_have_the_roots_before_are_named_until_somebody_restarts_them(
    role: OperatorProcess, mesh: Istiod, workloads: Workloads
) -> None:
    for name in ("edge", "reviews"):
        workloads.create(name, labels=SIDECAR, annotations=REVISION, replicas=2)
    workloads.create("db", kind="StatefulSet", labels=SIDECAR, annotations=REVISION)
    workloads.create("outside")
    change_roots(mesh, restarts_pods=False)
    expected = ["Deployment/edge", "Deployment/reviews", "StatefulSet/db"]
    status = mesh.wait_for_status(lambda found: list_stale(found) == expected)
    assert status["staleWorkloads"]["total"] == 3
    command = f"`kubectl rollout restart deployment/edge -n {mesh.namespace}`"
    assert command in wait_for_reason(mesh, "Ready")["message"]
    assert "WorkloadsStale" in wait_for(mesh.read_events, lambda found: "WorkloadsStale" in found)

    role.stop()
    # Times are of whole seconds: pods of the same one may have the roots before.
    since = datetime.fromisoformat(status["staleWorkloads"]["since"])
    wait_for(lambda: datetime.now(UTC), lambda now: now >= since + timedelta(seconds=1))
    workloads.kubectl("rollout", "restart", "deployment/edge")
    workloads.kubectl("rollout", "status", "deployment/edge", "--timeout=60s")
    role.start()
    left = ["Deployment/reviews", "StatefulSet/db"]
    after = mesh.wait_for_status(lambda found: list_stale(found) == left, seconds=LOOK_SECONDS)
    assert after["staleWorkloads"]["since"] == status["staleWorkloads"]["since"]

    workloads.kubectl("rollout", "restart", "deployment,statefulset,daemonset")
    after = mesh.wait_for_status(lambda found: "staleWorkloads" not in found, seconds=LOOK_SECONDS)
    assert after["restartedFor"] == after["rootFingerprints"]
    assert "message" not in after
    wait_for(mesh.read_events, lambda found: "WorkloadsRenewed" in found)
    assert list_directives(mesh) == []


def test_a_raised_generation_restarts_workloads_once_when_every_istiod_serves_it(
    role: OperatorProcess, mesh: Istiod, workloads: Workloads
) -> None:
    workloads.create("edge", labels=PROXY, annotations=REVISION)
    workloads.create("reviews", labels=SIDECAR, annotations=REVISION)
    issued = Issued(mesh)
    pod, other = (f"{mesh.deployment}-{number}" for number in (1, 2))
    for name in (pod, other):
        mesh.create_pod(name)

    def ask(generation: int) -> None:
        issued.create(
            ROOT, restarts_pods=True, restartOn="Issuance", intermediateGeneration=generation
        )

    ask(1)
    issued.report(pod, intermediateGeneration=1, loadedByIstiod=True)
    mesh.publish(ROOT)
    status = wait_for_reason(mesh, "Ready")
    assert status["restartedForGeneration"] == 1

    ask(2)
    issued.report(other, intermediateGeneration=1, loadedByIstiod=True)
    issued.report(pod, intermediateGeneration=2, loadedByIstiod=True)
    issued.report(other, intermediateGeneration=2, loadedByIstiod=False)
    looks = role.sum_metric("roottrust_reconciles_total")
    mesh.publish(f"{ROOT}\n")
    mesh.publish(ROOT)
    wait_for(lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > looks)
    assert list_directives(mesh) == []

    issued.report(other, intermediateGeneration=2, loadedByIstiod=True)
    bounce = find_bounce(mesh)
    assert bounce.wait_for_state("FINISHED")["message"] == "2 workloads are restarted."
    names = ("edge", "reviews")
    (trust_hash,) = {workloads.find_hash(name) for name in names}
    assert trust_hash not in {None, TRUST}
    assert workloads.find_hash("istiod") is None
    mesh.wait_for_status(lambda found: found["restartedForGeneration"] == 2)
    wait_for(mesh.read_events, lambda found: "RestartsRequested" in found)

    bounce.delete()
    mesh.delete_pod(other)
    issued.wait_for_pods(pod)
    mesh.create_pod(other)
    issued.report(other, intermediateGeneration=2, loadedByIstiod=True)
    role.stop()
    role.start()
    wait_for(lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > 0)
    assert list_directives(mesh) == []

"""What a Mesh tells of the roots that its istiod publishes, namespace by namespace."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.cluster.issued import Issued
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.roots import OTHER, ROOT, SELF_MADE
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for

COUNT = 5


def fingerprint(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def has_reason(reason: str) -> Callable[[dict[str, Any]], bool]:
    """Return what holds when Ready says so."""

    def holds(status: dict[str, Any]) -> bool:
        return any(
            each["type"] == "Ready" and each["reason"] == reason
            for each in status.get("conditions", ())
        )

    return holds


def is_ready_in(count: int) -> Callable[[dict[str, Any]], bool]:
    """Return what holds when so many namespaces have the roots: new ones count once they do."""

    def holds(status: dict[str, Any]) -> bool:
        summary = f"{count}/{count}"
        return has_reason("Ready")(status) and status["namespaces"]["summary"] == summary

    return holds


@pytest.fixture
def workloads(cluster: Cluster, namespace: str) -> Iterator[list[str]]:
    """Namespaces that istiod serves beside its own, which others do not."""
    label = f"mesh={namespace}"
    names = [f"{namespace}-{number}" for number in range(COUNT)]
    for name in names:
        cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", namespace, *names, label)
    yield names
    cluster.kubectl("delete", "namespace", *names, "--wait=false")


@pytest.fixture
def served(istiod: Istiod, workloads: list[str]) -> Istiod:
    """An istiod that serves these namespaces alone, and is ready."""
    selector = [{"matchLabels": {"mesh": istiod.namespace}}]
    istiod.configure(json.dumps({"discoverySelectors": selector}))
    istiod.install()
    istiod.become_ready()
    return istiod


def publish(istiod: Istiod, text: str, namespaces: list[str]) -> None:
    for namespace in (istiod.namespace, *namespaces):
        istiod.publish(text, namespace=namespace)


@pytest.mark.usefixtures("role")
def test_roots_are_followed_from_the_first_to_those_that_are_pinned(
    served: Istiod, workloads: list[str]
) -> None:
    status = served.wait_for_status(has_reason("NotPublished"))
    assert "selfSigned" not in status

    publish(served, SELF_MADE, workloads)
    status = served.wait_for_status(has_reason("SelfSigned"))
    assert status["selfSigned"] is True
    assert "signs by a root that it made itself" in status["message"]

    Issued(served).create(ROOT)
    publish(served, ROOT, workloads)
    status = served.wait_for_status(is_ready_in(COUNT + 1))
    assert status["selfSigned"] is False
    assert status["rootFingerprints"] == [fingerprint(ROOT)]
    assert status["istiod"] == {"ready": 1, "total": 1, "summary": "1/1"}
    assert "message" not in status, "no pod has a proxy that could know the root before"
    told = {"SelfSigned", "Published", "Propagated"}
    wait_for(served.read_events, lambda found: set(found) == told)


@pytest.mark.usefixtures("role")
def test_a_namespace_that_falls_behind_is_named_and_one_that_goes_is_forgotten(
    served: Istiod, workloads: list[str], cluster: Cluster
) -> None:
    publish(served, ROOT, workloads)
    served.wait_for_status(is_ready_in(COUNT + 1))
    for namespace in workloads[1:4:2]:
        served.publish(OTHER, namespace=namespace)
    status = served.wait_for_status(
        lambda found: (found.get("namespaces") or {}).get("stale") == workloads[1:4:2]
    )
    assert status["namespaces"]["summary"] == f"{COUNT - 1}/{COUNT + 1}"
    assert f"look at istiod's log for {workloads[1]}, {workloads[3]}." in status["message"]
    cluster.kubectl("label", "namespace", workloads[1], "mesh-")
    cluster.kubectl("delete", "namespace", workloads[3], "--wait=false")
    served.wait_for_status(is_ready_in(COUNT - 1))


@pytest.mark.usefixtures("role")
def test_a_blank_line_is_another_text_than_the_pinned_one(
    served: Istiod, workloads: list[str]
) -> None:
    Issued(served).create(ROOT)
    publish(served, f"{ROOT}\n", workloads)
    status = served.wait_for_status(has_reason("OtherRootPublished"))
    assert status["rootFingerprints"] == [fingerprint(ROOT)]
    assert status["namespaces"]["inSync"] == 0


@pytest.mark.usefixtures("role")
def test_kubectl_shows_in_a_line_how_a_mesh_is(served: Istiod, workloads: list[str]) -> None:
    publish(served, ROOT, workloads)
    served.wait_for_status(is_ready_in(COUNT + 1))
    words = ("get", "mesh", served.mesh, "-n", served.home)
    head, line = served.cluster.kubectl(*words).stdout.splitlines()
    titles = "NAME READY CLUSTER REVISION VERSION ISTIOD IN SYNC SELF-SIGNED MESSAGE AGE"
    assert " ".join(head.split()) == titles
    sync = f"{COUNT + 1}/{COUNT + 1}"
    found = line.split()[1:8]
    assert found == ["True", served.cluster.name, "default", "1.30.0", "1/1", sync, "false"]


def test_what_was_told_is_not_told_again(
    role: OperatorProcess, served: Istiod, workloads: list[str]
) -> None:
    publish(served, ROOT, workloads)
    served.wait_for_status(is_ready_in(COUNT + 1))
    role.stop()
    role.start()
    wait_for(lambda: role.count_samples("roottrust_mesh_condition_state"), bool)
    # After all was listed and looked at anew, roots of a namespace that is not served come.
    reconciled = role.sum_metric("roottrust_reconciles_total")
    served.publish(ROOT + "\n", namespace="default")
    wait_for(
        lambda: role.sum_metric("roottrust_reconciles_total"), lambda count: count > reconciled
    )
    assert role.count_writes()["kubernetes"] == 0
    served.cluster.kubectl("delete", "configmap", "istio-ca-root-cert", "-n", "default")

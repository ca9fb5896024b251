"""The kinds as kubectl shows them, and statuses as the API server keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.api.choices import (
    ConditionStatus,
    ObjectOrigin,
    PolicyState,
    TrustReason,
)
from roottrust.api.condition import Condition
from roottrust.api.issued_certificate import IssuedCertificateStatus
from roottrust.api.root_trust_policy_status import (
    Drift,
    ManagedObject,
    MeshStatus,
    MeshTotals,
    RootStatus,
    RootTrustPolicyStatus,
    TrustedRoot,
)
from roottrust.api.rotation_status import RotationStatus
from testbed import Cluster, CommandError
from tests.integration.manifests.table import read_base

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FINGERPRINT = "0123456789abcdef" * 4

STATUS = RootTrustPolicyStatus(
    observed_generation=1,
    state=PolicyState.ACCEPTED,
    message="All is well.",
    conditions=(
        Condition(
            type="Ready",
            status=ConditionStatus.TRUE,
            reason="Ready",
            message="All is well.",
            last_transition_time=NOW,
            observed_generation=1,
        ),
    ),
    root=RootStatus(subject="CN=Root", fingerprint=FINGERPRINT, not_after=NOW, mount="pki"),
    trust_bundle=(TrustedRoot(fingerprint=FINGERPRINT, reason=TrustReason.ROOT),),
    meshes=(
        MeshStatus(cluster="cluster1", mesh="istiod", instances_ready=1, earliest_not_after=NOW),
    ),
    mesh_totals=MeshTotals(total=1, ready=1, summary="1/1"),
    managed_objects=(
        ManagedObject(path="auth/kube", kind="AuthMount", origin=ObjectOrigin.CREATED),
    ),
    drift=(Drift(path="sys/policies/acl/x", expected="a", actual="b"),),
    warnings=("Vault is named by http://.",),
    rotation=RotationStatus(root_generation=1, intermediate_generation=1),
)


@pytest.fixture
def policy(cluster: Cluster, namespace: str) -> Iterator[str]:
    manifest = read_base("guide")
    manifest["metadata"]["namespace"] = namespace
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    name = manifest["metadata"]["name"]
    yield f"roottrustpolicy/{name}"
    cluster.kubectl("delete", "roottrustpolicy", name, "-n", namespace)


def patch_status(cluster: Cluster, namespace: str, name: str, status: dict[str, Any]) -> None:
    patch = json.dumps({"status": status})
    cluster.kubectl(
        "patch", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch
    )


def read_status(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    answer = cluster.kubectl("get", name, "-n", namespace, "-o", "json").stdout
    status: dict[str, Any] = json.loads(answer)["status"]
    return status


def test_status_is_kept_as_it_was_written(cluster: Cluster, namespace: str, policy: str) -> None:
    """Otherwise each comparison would find a change, and each change write again."""
    written = STATUS.model_dump(mode="json", by_alias=True, exclude_none=True)
    patch_status(cluster, namespace, policy, written)
    assert read_status(cluster, namespace, policy) == written
    cluster.kubectl("wait", "--for=condition=Ready", policy, "-n", namespace, "--timeout=5s")


def test_policies_are_listed_with_what_matters(
    cluster: Cluster, namespace: str, policy: str
) -> None:
    patch_status(
        cluster,
        namespace,
        policy,
        STATUS.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
    header, line = cluster.kubectl("get", "rtp", "-n", namespace).stdout.splitlines()
    assert header.split() == ["NAME", "READY", "MESHES", "ROOT", "EXPIRY", "MESSAGE", "AGE"]
    assert line.split()[:4] == ["cluster1", "True", "1/1", "2026-01-02T03:04:05Z"]
    assert "All is well." in line
    listed = cluster.kubectl("get", "roottrust", "-n", namespace, "-o", "name").stdout
    assert listed == "roottrustpolicy.admin.gloo.solo.io/cluster1\n"


def test_fields_are_explained(cluster: Cluster) -> None:
    text = " ".join(cluster.kubectl("explain", "rtp.spec.config.agentCa.vault").stdout.split())
    assert "caPath <string> -required- Path that signs intermediates" in text
    assert "the agent makes the key in istiod's pod" in text


def test_agents_write_only_their_own_entry(cluster: Cluster, namespace: str) -> None:
    """Each replica of istiod has a field manager of its own; none removes another's entry."""
    certificate = read_base("certificate")
    certificate["metadata"]["namespace"] = namespace
    cluster.kubectl("apply", "-f", "-", input=json.dumps(certificate))
    head = {key: certificate[key] for key in ("apiVersion", "kind", "metadata")}
    for pod in ("istiod-a", "istiod-b"):
        entry = {"pod": pod, "serial": "1f:c4", "fingerprint": FINGERPRINT, "loadedByIstiod": True}
        cluster.kubectl(
            "apply",
            "--server-side",
            "--subresource=status",
            f"--field-manager={pod}",
            "-f",
            "-",
            input=json.dumps({**head, "status": {"instances": [entry]}}),
        )
    name = f"issuedcertificate/{certificate['metadata']['name']}"
    status = IssuedCertificateStatus.model_validate(read_status(cluster, namespace, name))
    assert [instance.pod for instance in status.instances] == ["istiod-a", "istiod-b"]


def test_an_agent_cannot_fill_the_status(cluster: Cluster, namespace: str) -> None:
    certificate = read_base("certificate")
    certificate["metadata"]["namespace"] = namespace
    cluster.kubectl("apply", "-f", "-", input=json.dumps(certificate))
    name = f"issuedcertificate/{certificate['metadata']['name']}"
    entries = [{"pod": f"istiod-{number}"} for number in range(33)]
    patch_status(cluster, namespace, name, {"instances": entries[:32]})
    with pytest.raises(CommandError, match="must have at most 32 items"):
        patch_status(cluster, namespace, name, {"instances": entries})

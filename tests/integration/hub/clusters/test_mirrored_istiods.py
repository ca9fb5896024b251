"""What the mirror of a mesh in another cluster tells of its istiods, and who reads that."""

from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.mirror import Mirror
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import build_status_reader
from tests.integration.hub.policy import MakePolicy, Policy


@pytest.fixture
def policy(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    make_policy: MakePolicy,
    names2: Names,
) -> Policy:
    """One for the second cluster alone."""
    registrar.register("cluster2", kubeconfig)
    return make_policy(names2)


@pytest.fixture
def agent(policy: Policy, second: Cluster, vault: Vault, remote: Certificate) -> Agent:
    """That of the mesh there."""
    account = Account(second, namespace=remote.namespace)
    account.create()
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    return Agent(cluster=second, vault=vault, certificate=remote, account=account)


def test_status_shows_them_by_pod(
    policy: Policy,
    agent: Agent,
    cluster: Cluster,
    second: Cluster,
    remote: Certificate,
    tmp_path: Path,
) -> None:
    cluster.kubectl("delete", "lease", "roottrust-hub", "-n", "gloo-mesh", "--ignore-not-found")
    fingerprint = parse_certificate(agent.serve()).fingerprint
    root = policy.wait_for_root()
    report_mesh(second, namespace=remote.namespace, fingerprints=[root])
    policy.wait_until_ready()
    found = Mirror(cluster, remote.name).wait_for(
        lambda found: (
            bool(found.get("status", {}).get("issuance", {}).get("instances"))
            and "rootFingerprints" in found["status"]
        )
    )
    issuance = found["status"]["issuance"]
    assert (issuance["policy"], issuance["rootFingerprint"]) == (policy.full_name, root)
    (instance,) = issuance["instances"]
    assert (instance["state"], instance["fingerprint"]) == ("Serving", fingerprint)
    assert "chain" not in instance
    status = build_status_reader(cluster, remote.namespace, tmp_path)
    done = status.run(policy.full_name)
    assert (done.code, done.err) == (0, ""), done.out
    assert f"✓ cluster2 {remote.name}: intermediate of generation 1 on 1 of 1 istiod" in done.out
    assert (
        f"✓ {agent.pod}: serves its intermediate, SHA-256 {fingerprint[:16]}…, ends in" in done.out
    )


def test_one_that_lies_is_told_as_that(agent: Agent, cluster: Cluster, remote: Certificate) -> None:
    agent.serve(fingerprint="ab" * 32)
    found = Mirror(cluster, remote.name).wait_for(
        lambda found: bool(found.get("status", {}).get("issuance", {}).get("instances"))
    )
    (instance,) = found["status"]["issuance"]["instances"]
    assert instance == {
        "pod": agent.pod,
        "state": "NotBelieved",
        "message": "it tells another fingerprint than its certificate has",
    }

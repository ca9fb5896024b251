"""The intermediate of one registered cluster has leaked: those of the others stay as they are."""

from __future__ import annotations

import time
from typing import Any

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.both import select_both
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.compromise import (
    A_MOMENT,
    ANNOTATION,
    is_revoked,
    wait_for_entry,
    wait_until_revoked,
)
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import put_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask

# A mount for each test: all intermediates of a cluster have one name.
MOUNTS = "pki_leaked_far_"
ORDER = {
    "spec.rotation": {"clusters": [{"name": "cluster2", "intermediateGeneration": 2}]},
    "metadata.annotations": {ANNOTATION: "2/cluster2"},
}


@pytest.fixture
def changes(namespace: str, mount: str) -> dict[str, Any]:
    return {
        **select_both(namespace),
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate"}},
    }


@pytest.fixture
def policy(
    quick_operator: OperatorProcess,
    cluster: Cluster,
    namespace: str,
    own_istiod: Account,
    registrar: Registrar,
    kubeconfig: str,
    remote: Certificate,
    changes: dict[str, Any],
    make_policy: MakePolicy,
    names: Names,
) -> Policy:
    """One for both clusters, under a root that Vault makes."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    registrar.register("cluster2", kubeconfig)
    Account(remote.cluster, namespace=namespace).create()
    return make_policy(names, changes)


def build_agent(vault: Vault, certificate: Certificate) -> Agent:
    certificate.wait_for()
    account = Account(certificate.cluster, namespace=certificate.namespace)
    return Agent(cluster=certificate.cluster, vault=vault, certificate=certificate, account=account)


def test_a_cluster_that_is_not_named_keeps_what_it_has_and_is_not_waited_for(
    policy: Policy,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    remote: Certificate,
    changes: dict[str, Any],
    admin: Ask,
    mount: str,
) -> None:
    mine = build_agent(vault, Certificate(cluster=cluster, namespace=namespace))
    there = build_agent(vault, remote)
    kept, leaked = mine.serve(), there.serve()
    root = parse_certificate(remote.wait_for()["spec"]["trustBundle"]).fingerprint
    for each in (cluster, remote.cluster):
        report_mesh(each, namespace=namespace, fingerprints=[root])
    policy.wait_until_ready()
    time.sleep(A_MOMENT)
    mine.report({"error": "It fails."})
    policy.apply({**changes, **ORDER})
    entry = wait_for_entry(policy, bool)
    assert (entry["cluster"], entry["generation"]) == ("cluster2", 2)
    wait_for(lambda: remote.wait_for()["spec"]["intermediateGeneration"], lambda found: found == 2)
    fresh = there.serve()
    done = wait_until_revoked(policy)
    assert done["revoked"] == 1
    assert is_revoked(admin, mount, leaked)
    assert not any(is_revoked(admin, mount, each) for each in (kept, fresh))


def test_a_cluster_that_is_away_is_waited_for(
    policy: Policy,
    vault: Vault,
    namespace: str,
    remote: Certificate,
    changes: dict[str, Any],
    admin: Ask,
    mount: str,
    registrar: Registrar,
    kubeconfig: str,
) -> None:
    """What it serves by now, nobody knows."""
    there = build_agent(vault, remote)
    leaked = there.serve()
    root = parse_certificate(remote.wait_for()["spec"]["trustBundle"]).fingerprint
    report_mesh(remote.cluster, namespace=namespace, fingerprints=[root])
    time.sleep(A_MOMENT)
    policy.apply({**changes, **ORDER})
    wait_for(lambda: remote.wait_for()["spec"]["intermediateGeneration"], lambda found: found == 2)
    registrar.register("cluster2", kubeconfig.replace("token: ", "token: no"))
    wait_for_entry(policy, lambda found: "cluster2" in found.get("message", "").partition(": ")[2])
    there.serve()
    time.sleep(A_MOMENT)
    assert not is_revoked(admin, mount, leaked)
    registrar.register("cluster2", kubeconfig)
    wait_until_revoked(policy)
    assert is_revoked(admin, mount, leaked)

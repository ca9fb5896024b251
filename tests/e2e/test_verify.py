"""`roottrust verify` of a mesh in real pods, by a person with the rights that deploy/ ships.

The operator found istiod and wrote its IssuedCertificate, the agent obtained istiod's CA, and each
of istiod's pods is reached through the API server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster, Vault
from tests.e2e.helm import NAMESPACE, Helm
from tests.e2e.operator_pod import IMAGE, OperatorPod, get_server
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask
from tests.integration.verify.verifier import Verifier, grant_rights, write_kubeconfig
from tests.session import REPOSITORY

OPERATOR_NAMESPACE = "gloo-mesh"
PERSONS = "kube-public"  # where the account is that stands for a person
SAMPLE = REPOSITORY / "deploy/samples/every-cluster.yaml"
ISTIOD = REPOSITORY / "deploy/istiod"
CHECKS = (
    "PinnedRoot",
    "VaultRoot",
    "Agent",
    "ServedChain",
    "Namespaces",
    "WorkloadCertificate",
)
# Of the cluster's policies there may have been others before, with another method of login.
_MOUNTS = ("sys/auth/kube-cluster1-mesh-auth", "sys/mounts/pki_int_cluster1")


@pytest.fixture(scope="module")
def policy(operator: OperatorPod, cluster: Cluster, vault: Vault, admin: Ask) -> Iterator[Policy]:
    """The sample for all clusters, of this Vault."""
    _clean(cluster, admin)
    manifest = yaml.safe_load(SAMPLE.read_text())
    target = manifest["spec"]["config"]["agentCa"]["vault"]
    target |= {"server": get_server(vault), "caBundle": vault.ca_file.read_text()}
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    yield Policy(cluster=cluster, namespace=OPERATOR_NAMESPACE, name="every-cluster")
    _clean(cluster, admin)


@pytest.fixture(scope="module")
def istiod(policy: Policy, helm: Helm, cluster: Cluster, tmp_path_factory: Any) -> Iterator[str]:
    """The pod of an istiod that was installed with our values, and serves what its agent has."""
    values = tmp_path_factory.mktemp("istiod") / "values.yaml"
    values.write_text(_build_values())
    # A root that an istiod of before published is one that the agent must not depart from.
    published = "--field-selector=metadata.name=istio-ca-root-cert"
    cluster.kubectl("delete", "configmaps", "--all-namespaces", published)
    cluster.kubectl("apply", "-f", ISTIOD / "rbac.yaml")
    helm.install_istiod("--values", values)
    instance = wait_for(
        lambda: _read_instance(cluster), lambda found: bool(found.get("loadedByIstiod")), seconds=60
    )
    yield str(instance["pod"])
    helm.uninstall_istiod()


@pytest.fixture
def verify(cluster: Cluster, istiod: str, vault: Vault, tmp_path: Path) -> Verifier:
    grant_rights(cluster, istiod_namespace=NAMESPACE, account_namespace=PERSONS)
    cluster.kubectl("delete", "serviceaccount", "auditor", "-n", PERSONS, "--ignore-not-found")
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, cluster, namespace=PERSONS, account="auditor")
    environment = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file)}
    return Verifier(kubeconfig=path, environment=environment)


def test_a_mesh_in_pods_is_verified_through_the_api_server(verify: Verifier, istiod: str) -> None:
    done = wait_for(verify.run_json, lambda found: found.code == 0)
    assert done.outcomes == dict.fromkeys(CHECKS, "OK")
    assert done.checks["ServedChain"]["subject"] == istiod
    identity = "spiffe://cluster.local/ns/gloo-mesh/sa/roottrust-verify"
    assert done.checks["WorkloadCertificate"]["facts"]["spiffeId"] == identity
    text = verify.run("cluster1")
    assert text.code == 0
    assert "Verified: 1 mesh under the pinned root" in text.out


def test_without_the_right_to_reach_pods_istiod_itself_is_unknown(
    verify: Verifier, cluster: Cluster
) -> None:
    rules = '[{"op": "remove", "path": "/rules/2"}]'
    words = ("patch", "role", "roottrust-verify", "-n", NAMESPACE, "--type=json", "-p", rules)
    cluster.kubectl(*words)
    done = wait_for(verify.run_json, lambda found: found.code != 0)
    assert done.code == 1
    unknown = {"ServedChain": "Unknown", "WorkloadCertificate": "Unknown"}
    assert done.outcomes == {**dict.fromkeys(CHECKS, "OK"), **unknown}
    assert "portforward" in done.checks["ServedChain"]["message"]


def _build_values() -> str:
    values = yaml.safe_load((ISTIOD / "istiod-values.yaml").read_text())
    (agent,) = values["initContainers"]
    agent |= {"image": IMAGE, "imagePullPolicy": "Never"}
    return str(yaml.safe_dump(values))


def _read_instance(cluster: Cluster) -> dict[str, Any]:
    found = cluster.kubectl("get", "issuedcertificates", "-n", NAMESPACE, "-o", "json")
    items = json.loads(found.stdout)["items"]
    instances = [each for item in items for each in item.get("status", {}).get("instances", [])]
    return instances[0] if instances else {}


def _clean(cluster: Cluster, admin: Ask) -> None:
    cluster.kubectl("delete", "rtp", "--all", "-n", OPERATOR_NAMESPACE)
    for mount in _MOUNTS:
        assert admin("DELETE", mount).ok
    assert admin("DELETE", "sys/policies/acl/gen-int-ca-istio-cluster1-mesh").ok

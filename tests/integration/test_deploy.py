"""What deploy/ gives the hub: enough, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import KubernetesLogin
from testbed import Cluster, Vault
from tests.integration.access_review import may_do

DEPLOY = Path(__file__).parents[2] / "deploy"
HUB = "system:serviceaccount:gloo-mesh:roottrust-hub"
POLICIES = ("admin.gloo.solo.io", "roottrustpolicies")
MESHES = ("internal.gloo.solo.io", "meshes")
LEASES = ("coordination.k8s.io", "leases")
CERTIFICATES = ("internal.gloo.solo.io", "issuedcertificates")
DIRECTIVES = ("internal.gloo.solo.io", "podbouncedirectives")


def may(
    cluster: Cluster, verb: str, resource: tuple[str, str], namespace: str, *, name: str = ""
) -> bool:
    return may_do(cluster, HUB, verb, resource, namespace, name=name)


@pytest.mark.usefixtures("hub_kubeconfig")
@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("list", POLICIES, ""),
        ("watch", POLICIES, ""),
        ("patch", (POLICIES[0], "roottrustpolicies/status"), "anywhere"),
        ("watch", MESHES, ""),
        ("watch", CERTIFICATES, ""),
        ("create", CERTIFICATES, "anywhere"),
        ("patch", CERTIFICATES, "anywhere"),
        ("delete", CERTIFICATES, "anywhere"),
        ("patch", (CERTIFICATES[0], "issuedcertificates/status"), "anywhere"),
        ("patch", POLICIES, "anywhere"),  # its finalizer
        ("create", ("", "events"), "anywhere"),
        ("patch", ("", "events"), "anywhere"),
        ("get", ("", "secrets"), "gloo-mesh"),
        ("list", ("", "secrets"), "gloo-mesh"),  # those that register clusters
        ("watch", ("", "secrets"), "gloo-mesh"),
        ("patch", ("", "secrets"), "gloo-mesh"),  # with a renewed token
        ("create", LEASES, "gloo-mesh"),
        ("create", DIRECTIVES, "gloo-mesh"),
    ],
)
def test_hub_may(cluster: Cluster, verb: str, resource: tuple[str, str], namespace: str) -> None:
    assert may(cluster, verb, resource, namespace)


@pytest.mark.usefixtures("hub_kubeconfig")
@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("get", ("", "secrets"), "istio-system"),
        ("list", ("", "secrets"), "istio-system"),
        ("watch", ("", "secrets"), ""),
        ("create", ("", "secrets"), "gloo-mesh"),
        ("delete", ("", "secrets"), "gloo-mesh"),
        ("patch", ("", "secrets"), "istio-system"),
        ("update", POLICIES, "gloo-mesh"),
        ("delete", POLICIES, "gloo-mesh"),
        ("get", ("", "pods"), "gloo-mesh"),
        ("create", ("", "serviceaccounts/token"), "istio-system"),
        ("create", ("authentication.k8s.io", "tokenreviews"), ""),
        ("create", LEASES, "kube-system"),
        ("create", DIRECTIVES, "istio-system"),
        ("patch", LEASES, "gloo-mesh"),
        ("escalate", ("rbac.authorization.k8s.io", "clusterroles"), ""),
    ],
)
def test_hub_may_not(
    cluster: Cluster, verb: str, resource: tuple[str, str], namespace: str
) -> None:
    assert not may(cluster, verb, resource, namespace)


@pytest.mark.usefixtures("hub_kubeconfig")
@pytest.mark.parametrize("verb", ["get", "patch"])
def test_hub_may_hold_one_lease(cluster: Cluster, verb: str) -> None:
    assert may(cluster, verb, LEASES, "gloo-mesh", name="roottrust-hub")
    assert not may(cluster, verb, LEASES, "gloo-mesh", name="another")


@pytest.mark.usefixtures("hub_kubeconfig")
def test_base_is_accepted(cluster: Cluster) -> None:
    done = cluster.kubectl("apply", "--dry-run=server", "-k", DEPLOY / "base")
    assert "deployment.apps/roottrust-hub created" in done.stdout
    assert "clusterrolebinding.rbac.authorization.k8s.io/roottrust-cluster " in done.stdout


@pytest.mark.usefixtures("hub_kubeconfig")
def test_cluster_role_alone_is_accepted_and_has_nothing_of_the_hub(cluster: Cluster) -> None:
    done = cluster.kubectl("apply", "--dry-run=server", "-k", DEPLOY / "cluster", "-o", "yaml")
    listed = yaml.safe_load(done.stdout)["items"]
    found = {(each["kind"], each["metadata"]["name"]) for each in listed}
    names = {name for kind, name in found if kind not in {"Namespace", "ConfigMap"}}
    assert names == {"roottrust-cluster"}
    kinds = {"ServiceAccount", "Deployment", "PodDisruptionBudget"}
    kinds |= {f"{scope}Role{end}" for scope in ("", "Cluster") for end in ("", "Binding")}
    assert {kind for kind, _ in found} == {"Namespace", "ConfigMap", *kinds}
    (deployment,) = (each for each in listed if each["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "roottrust-cluster"
    assert {each["name"] for each in spec["volumes"]} == {"config", "tmp"}
    subjects = [each["subjects"][0]["name"] for each in listed if "subjects" in each]
    assert set(subjects) == {"roottrust-cluster"}


def test_hub_pod_is_fit_for_restricted_namespaces(cluster: Cluster, namespace: str) -> None:
    label = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", namespace, label)
    deployment = yaml.safe_load((DEPLOY / "base/deployment.yaml").read_text())
    spec = deployment["spec"]["template"]["spec"] | {"serviceAccountName": "default"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hub"}, "spec": spec}
    words = ("create", "--dry-run=server", "-f", "-")
    cluster.kubectl(*words, "-n", namespace, input=json.dumps(pod))


@pytest.fixture
def login_mount(cluster: Cluster, vault: Vault, namespace: str) -> Iterator[str]:
    """An auth mount set up as deploy/README.md tells."""
    mount, root = f"login-{namespace}", vault.root_token
    reviewer = f"--serviceaccount={namespace}:reviewer"
    cluster.kubectl("create", "serviceaccount", "reviewer", "-n", namespace)
    cluster.kubectl(
        "create", "clusterrolebinding", namespace, "--clusterrole=system:auth-delegator", reviewer
    )
    token = cluster.kubectl("create", "token", "reviewer", "-n", namespace).stdout.strip()
    policy = (DEPLOY / "vault/roottrust-hub.hcl").read_text()
    vault.api.put("sys/policies/acl/roottrust-hub", {"policy": policy}, token=root)
    vault.api.put(f"sys/auth/{mount}", {"type": "kubernetes"}, token=root)
    config = {
        "kubernetes_host": cluster.server,
        "kubernetes_ca_cert": cluster.ca_file.read_text(),
        "token_reviewer_jwt": token,
    }
    vault.api.put(f"auth/{mount}/config", config, token=root)
    role = {
        "audience": "vault",
        "bound_service_account_names": "roottrust-hub",
        "bound_service_account_namespaces": "gloo-mesh",
        "token_policies": "roottrust-hub",
        "token_no_default_policy": True,
        "token_ttl": "1h",
    }
    vault.api.put(f"auth/{mount}/role/roottrust-hub", role, token=root)
    yield mount
    cluster.kubectl("delete", "clusterrolebinding", namespace)


@pytest.mark.usefixtures("hub_kubeconfig")
async def test_hub_logs_in_with_its_own_token(
    cluster: Cluster, vault: Vault, login_mount: str, tmp_path: Path
) -> None:
    words = ("create", "token", "roottrust-hub", "-n", "gloo-mesh", "--audience=vault")
    jwt = tmp_path / "token"
    jwt.write_text(cluster.kubectl(*words).stdout.strip())
    client = VaultClient.connect(
        connection=VaultConnection(
            address=vault.address, endpoint=vault.address, ca_pem=vault.ca_file.read_text()
        ),
        login=KubernetesLogin(mount=login_mount, role="roottrust-hub", token_path=jwt),
    )
    try:
        assert await client.read("sys/auth")
        own = await client.read("auth/token/lookup-self")
    finally:
        await client.close()
    assert own is not None
    assert own["policies"] == ["roottrust-hub"]

"""The operator as people deploy it: an overlay of deploy/base, its login, its rights in Vault."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import Cluster, Vault
from tests.e2e.memory import READ_STATUS, read_resident_bytes
from tests.e2e.node_process import send_signal
from tests.integration.hub.kubernetes_login import MOUNT, allow_login, enable_login
from tests.integration.hub.policy import Policy
from tests.integration.hub.rights import NAME, build_rights
from tests.integration.manifests.table import change
from tests.integration.vault_calls import Ask, write
from tests.session import REPOSITORY

IMAGE = "localhost/roottrust:dev"
NAMESPACE = "gloo-mesh"
ACCOUNT = "roottrust-hub"
CLUSTER_ROLE = "roottrust-cluster"
TOKEN = "/var/run/secrets/vault/token"
# A pod's copy of a ConfigMap was seen to follow after up to 66 seconds.
KUBELET_SECONDS = 70
# What tests need not wait for.
QUICK: dict[str, Any] = {
    "resyncSeconds": 10,
    "logging": {"level": "DEBUG"},
}


@dataclass(frozen=True, kw_only=True)
class OperatorPod:
    """The Deployment of the operator."""

    cluster: Cluster
    name: str = ACCOUNT

    def kubectl(self, *words: str, seconds: float = 120) -> str:
        return self.cluster.kubectl("-n", NAMESPACE, *words, seconds=seconds).stdout

    def apply(self, folder: Path) -> None:
        """Apply an overlay; pods of a run that kept the testbed may have another image."""
        self.kubectl("delete", "pods", "--all", "--wait=false")
        self.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", folder)

    def wait_until_ready(self) -> None:
        self.kubectl("rollout", "status", f"deployment/{self.name}", "--timeout=60s")

    def scale(self, replicas: int) -> None:
        """Have so many of them, and wait until it is so."""
        self.kubectl("scale", f"deployment/{self.name}", f"--replicas={replicas}")
        gone = "delete" if replicas == 0 else "condition=Ready"
        self.kubectl("wait", "pods", "--all", f"--for={gone}", "--timeout=60s")

    def read_memory(self) -> int:
        """Return the resident bytes of its process."""
        words = ("exec", f"deployment/{self.name}", "--", *READ_STATUS)
        return read_resident_bytes(self.kubectl(*words))

    def read_log(self) -> str:
        return self.kubectl("logs", f"deployment/{self.name}", "--tail=-1")


def kill_operators(cluster: Cluster) -> list[str]:
    """Kill each operator (kill -9), and return their pods; others take their places at once."""
    killed = []
    for pod in json.loads(cluster.kubectl("get", "pods", "-n", NAMESPACE, "-o=json").stdout)[
        "items"
    ]:
        name = pod["metadata"]["name"]
        for status in pod["status"].get("containerStatuses", ()):
            if "running" in status["state"]:
                container = status["containerID"].removeprefix("containerd://")
                send_signal(cluster, container, signal.SIGKILL)
                killed.append(name)
        delete = ("delete", "pod", name, "-n", NAMESPACE, "--wait=false", "--now")
        cluster.kubectl(*delete, "--ignore-not-found")
    return killed


def deploy_operator(cluster: Cluster, vault: Vault, admin: Ask, folder: Path) -> OperatorPod:
    """Apply an overlay, let the operator log in with its ServiceAccount, and wait for its pod."""
    write(admin, f"sys/policies/acl/{NAME}", {"policy": build_rights(())})
    _write_overlay(cluster, vault, folder)
    operator = OperatorPod(cluster=cluster)
    operator.apply(folder)
    enable_login(admin, cluster, reviewer=_make_reviewer(cluster))
    allow_login(admin, ACCOUNT)
    operator.wait_until_ready()
    return operator


def deploy_cluster_role(cluster: Cluster, folder: Path) -> OperatorPod:
    """Apply an overlay of deploy/cluster, and wait for its pod; the cluster has its own name."""
    operator = OperatorPod(cluster=cluster, name=CLUSTER_ROLE)
    write_overlay(folder, "cluster", operator.name, {"cluster": {"name": cluster.name}})
    operator.apply(folder)
    operator.wait_until_ready()
    return operator


def apply_guide_policy(cluster: Cluster, vault: Vault) -> Policy:
    """Apply the guide's policy; only HashiCorp's Vault has another port than the guide's."""
    policy = Policy(cluster=cluster, namespace=NAMESPACE, name="cluster1")
    policy.apply({"spec.config.agentCa.vault.server": get_server(vault)})
    return policy


def apply_sample_policy(cluster: Cluster, vault: Vault, changes: dict[str, Any]) -> Policy:
    """Apply the policy that deploy/ has people start from, with changes by path."""
    manifest = yaml.safe_load((REPOSITORY / "deploy/samples/every-cluster.yaml").read_text())
    server = {"spec.config.agentCa.vault.server": get_server(vault)}
    manifest = change(manifest, {**server, **changes})
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    return Policy(cluster=cluster, namespace=NAMESPACE, name=manifest["metadata"]["name"])


def forget_policy(policy: Policy, admin: Ask) -> None:
    """Delete a policy, and what it keeps in Vault: the next one logs agents in another way."""
    policy.delete()
    for path in (
        "sys/auth/kube-cluster1-mesh-auth",
        "sys/mounts/pki_int_cluster1",
        "sys/policies/acl/gen-int-ca-istio-cluster1-mesh",
    ):
        admin("DELETE", path)


def get_server(vault: Vault) -> str:
    """Return Vault's address as policies and agents know it."""
    return f"https://vault.example:{vault.port}"


def build_config(cluster: Cluster, vault: Vault) -> dict[str, Any]:
    """Return the hub's configuration."""
    return {
        "cluster": {"name": cluster.name, "kubernetesHost": cluster.server},
        "kubeletSeconds": KUBELET_SECONDS,
        "vaultServers": [
            {
                "address": get_server(vault),
                "caFile": "/etc/roottrust/vault-ca/ca.crt",
                "login": {"kubernetes": {"mount": MOUNT, "role": NAME, "tokenPath": TOKEN}},
            }
        ],
    }


def _write_overlay(cluster: Cluster, vault: Vault, folder: Path) -> None:
    (folder / "ca.crt").write_text(vault.ca_file.read_text())
    ca = {"namespace": NAMESPACE, "name": "vault-ca", "files": ["ca.crt"]}
    write_overlay(folder, "base", ACCOUNT, build_config(cluster, vault), ca)


def write_overlay(
    folder: Path, base: str, deployment: str, config: dict[str, Any], *more: dict[str, Any]
) -> None:
    """Write an overlay of a folder of deploy/: our image, a configuration, more ConfigMaps."""
    (folder / "config.yaml").write_text(yaml.safe_dump({**QUICK, **config}))
    own = {"name": "roottrust-config", "behavior": "replace", "files": ["config.yaml"]}
    kustomization: dict[str, Any] = {
        "resources": [os.path.relpath(REPOSITORY / "deploy" / base, folder)],
        "configMapGenerator": [{"namespace": NAMESPACE, **own}, *more],
        "images": [{"name": "roottrust", "newName": IMAGE.partition(":")[0], "newTag": "dev"}],
        "replicas": [{"name": deployment, "count": 1}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))


def _make_reviewer(cluster: Cluster) -> str:
    """Return a token of an account that may review others, for Vault."""
    name = "vault-reviewer"
    manifests = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": NAMESPACE},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
        },
    ]
    for manifest in manifests:
        cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    return cluster.kubectl("create", "token", name, "-n", NAMESPACE).stdout.strip()

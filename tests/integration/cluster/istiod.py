"""What an installation of istiod leaves in a cluster, as far as the cluster role sees it.

There are no nodes: what kubelets would tell of pods, the tests tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object, list_objects
from tests.integration.kube_writes import (
    apply_object,
    delete_and_wait,
    delete_object,
    patch_object,
)

SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Istiod:
    """One istiod and its Mesh."""

    cluster: Cluster
    namespace: str
    home: str
    deployment: str = "istiod"
    revision: str = "default"

    @property
    def mesh(self) -> str:
        return f"{self.deployment}-{self.namespace}-cluster1"

    def install(self, *, container: str = "discovery", **container_changes: Any) -> None:
        """Create its Deployment, as istio's chart makes it."""
        account = {"name": self.deployment}
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        labels = {"app": "istiod", "istio": "pilot"}
        pod = {
            "serviceAccountName": self.deployment,
            "containers": [
                {
                    "name": container,
                    "image": "registry.example/istio/pilot:1.30.0",
                    "args": ["discovery"],
                    **container_changes,
                }
            ],
        }
        self.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {
                    "name": self.deployment,
                    "labels": {"app": "istiod", "istio.io/rev": self.revision},
                },
                "spec": {
                    "replicas": 1,
                    "selector": {"matchLabels": {"istio": "pilot"}},
                    "template": {"metadata": {"labels": labels}, "spec": pod},
                },
            }
        )

    def uninstall(self) -> None:
        delete_and_wait(self.cluster, "deployments", self.namespace, self.deployment)
        for kind in ("clusterroles", "clusterrolebindings"):
            delete_object(self.cluster, kind, "", self.mesh)

    def may_publish_roots(self) -> None:
        """Give its account what its chart gives it, until the Deployment goes."""
        words = ("--verb=create,get,list,watch,update", "--resource=configmaps")
        self.cluster.kubectl("create", "clusterrole", self.mesh, *words)
        account = f"--serviceaccount={self.namespace}:{self.deployment}"
        binding = ("create", "clusterrolebinding", self.mesh, f"--clusterrole={self.mesh}")
        self.cluster.kubectl(*binding, account)

    def configure(self, mesh: str) -> None:
        """Put its mesh configuration beside it."""
        data = {"mesh": mesh}
        metadata = {"name": "istio"}
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    def publish(self, text: str, *, namespace: str | None = None) -> None:
        """Publish roots in a namespace, its own by default, as istiod does it."""
        place = namespace or self.namespace
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "istio-ca-root-cert", "namespace": place},
            "data": {"root-cert.pem": text},
        }
        apply_object(self.cluster, manifest)

    def become_ready(self) -> None:
        """Tell of the Deployment's pod what a kubelet would tell."""
        place = (self.cluster, "pods", self.namespace)
        pods = wait_for(lambda: list_objects(*place, labels="istio=pilot"), bool)
        condition = {"type": "Ready", "status": "True"}
        patch = {"status": {"phase": "Running", "conditions": [condition]}}
        for pod in pods:
            patch_object(*place, pod["metadata"]["name"], patch, part="status")

    def create_pod(self, name: str) -> None:
        """Create one of its pods; without a node it never runs."""
        container = {"name": "discovery", "image": "registry.example/istio/pilot:1.30.0"}
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": {"app": "istiod"}},
                "spec": {"containers": [container]},
            }
        )

    def delete_pod(self, name: str) -> None:
        self.kubectl("delete", "pod", name, "--force", "--grace-period=0")

    def wait_for_status(
        self, holds: Callable[[dict[str, Any]], bool], *, seconds: float = SECONDS
    ) -> dict[str, Any]:
        """Wait until its Mesh says so, and return the status."""

        def look() -> dict[str, Any]:
            return (self.find_mesh() or {}).get("status") or {}

        return wait_for(look, holds, seconds=seconds)

    def read_events(self) -> list[str]:
        """Return the reasons of the events on its Mesh."""
        selector = f"involvedObject.name={self.mesh}"
        found = list_objects(self.cluster, "events", self.home, fields=selector)
        return [each["reason"] for each in found]

    def find_mesh(self) -> dict[str, Any] | None:
        return find_object(self.cluster, "meshes", self.home, self.mesh)

    def wait_for_mesh(self) -> dict[str, Any]:
        found = wait_for(self.find_mesh, lambda mesh: mesh is not None, seconds=SECONDS)
        assert found is not None
        return found

    def wait_until_mesh_is_gone(self) -> None:
        wait_for(self.find_mesh, lambda mesh: mesh is None, seconds=SECONDS)

    def apply(self, manifest: dict[str, Any]) -> None:
        """Apply one of its objects in its namespace."""
        apply_object(self.cluster, manifest, namespace=self.namespace)

    def kubectl(self, *words: str) -> str:
        return self.cluster.kubectl(*words, "-n", self.namespace).stdout

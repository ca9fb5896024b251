"""One mesh as the hub, the cluster role and an agent leave it in Kubernetes, written by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed import Cluster, Vault
from tests.integration.kube_api import list_objects
from tests.integration.kube_writes import apply_object, delete_object, patch_object
from tests.integration.verify.authority import CLUSTER, COMMON_NAME, Issued, VaultAuthority

OPERATOR_NAMESPACE = "gloo-mesh"
POD = "istiod-7d4b9c6f5-x2x9z"
LABELS = {"app": "istiod"}
ROOTS = "istio-ca-root-cert"

_VERSION = "internal.gloo.solo.io/v2"


@dataclass(frozen=True)
class MeshSite:
    """The objects of one mesh; its istiod is at `address`."""

    cluster: Cluster
    vault: Vault
    namespace: str
    address: str

    @property
    def mesh(self) -> str:
        return f"istiod-{self.namespace}-{CLUSTER}"

    def create(self, authority: VaultAuthority) -> None:
        """Write all objects as they are when everything is right."""
        self._apply(
            "internal.gloo.solo.io/v2",
            "Mesh",
            self.mesh,
            OPERATOR_NAMESPACE,
            spec=self._build_mesh(),
        )
        self.apply_certificate(authority)
        self._apply("apps/v1", "Deployment", "istiod", self.namespace, spec=_DEPLOYMENT)
        pod = {"containers": [{"name": "discovery", "image": "pilot"}]}
        self._apply("v1", "Pod", POD, self.namespace, labels=LABELS, spec=pod)
        status = {"phase": "Running", "podIP": self.address, "podIPs": [{"ip": self.address}]}
        self._patch_status("pods", POD, status)

    def apply_certificate(self, authority: VaultAuthority) -> None:
        """Write the IssuedCertificate as the hub does."""
        spec = {
            "meshRef": {
                "name": self.mesh,
                "cluster": CLUSTER,
                "namespace": self.namespace,
                "deployment": "istiod",
            },
            "certOptions": {"commonName": COMMON_NAME, "ttlDays": 25},
            "agentCa": {
                "vault": {
                    "caPath": authority.ca_path,
                    "server": self.vault.address,
                    "caBundle": self.vault.ca_file.read_text(),
                    "kubernetesAuth": {"mountPath": "/v1/auth/kubernetes", "role": "none"},
                }
            },
            "trustBundle": authority.pem,
        }
        self._apply(_VERSION, "IssuedCertificate", self.mesh, self.namespace, spec=spec)

    def report(self, issued: Issued, **changes: Any) -> None:
        """Write what the agent reports."""
        instance = {**issued.build_instance(POD), **changes}
        self._patch_status("issuedcertificates", self.mesh, {"instances": [instance]})

    def publish(self, namespace: str, root: str | None) -> None:
        """Have another root in a namespace, or none: what istiod would mend."""
        place = (self.cluster, "configmaps", namespace, ROOTS)
        if root is None:
            delete_object(*place)
            return
        patch_object(*place, {"data": {"root-cert.pem": root}})

    def read_published(self) -> dict[str, str]:
        """Return the roots of all namespaces."""
        items = list_objects(self.cluster, "configmaps", "", fields=f"metadata.name={ROOTS}")
        return {each["metadata"]["namespace"]: each["data"]["root-cert.pem"] for each in items}

    def _build_mesh(self) -> dict[str, Any]:
        installation = {"namespace": self.namespace, "cluster": CLUSTER, "podLabels": LABELS}
        return {"istio": {"installation": installation, "trustDomain": "cluster.local"}}

    def _apply(
        self,
        version: str,
        kind: str,
        name: str,
        namespace: str,
        *,
        labels: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> None:
        metadata = {"name": name, "namespace": namespace, "labels": labels or {}}
        manifest = {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
        apply_object(self.cluster, manifest)

    def _patch_status(self, plural: str, name: str, status: Mapping[str, Any]) -> None:
        patch = {"status": status}
        patch_object(self.cluster, plural, self.namespace, name, patch, part="status")


# Without replicas: no node runs pods here, and the test's own is none of a ReplicaSet.
_DEPLOYMENT = {
    "replicas": 0,
    "selector": {"matchLabels": LABELS},
    "template": {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "discovery", "image": "pilot"}]},
    },
}

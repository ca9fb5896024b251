"""The IssuedCertificate of one istiod, as the hub writes it, with what its agents report."""

from __future__ import annotations

from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import read_object
from tests.integration.kube_writes import apply_object
from tests.integration.manifests.table import change, read_base

KIND = "issuedcertificates"


class Issued:
    """One IssuedCertificate."""

    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod

    def create(self, trust_bundle: str, *, restarts_pods: bool = False, **spec: str | int) -> None:
        istiod = self._istiod
        changes = {
            "metadata.name": istiod.mesh,
            "metadata.namespace": istiod.namespace,
            "spec.meshRef.name": istiod.mesh,
            "spec.meshRef.namespace": istiod.namespace,
            "spec.trustBundle": trust_bundle,
            "spec.autoRestartPods": restarts_pods,
            **{f"spec.{name}": value for name, value in spec.items()},
        }
        istiod.apply(change(read_base("certificate"), changes))

    def report(self, pod: str, **instance: object) -> None:
        """Report as the agent in a pod does: server-side, with a field manager of its own."""
        manifest = {
            "apiVersion": "internal.gloo.solo.io/v2",
            "kind": "IssuedCertificate",
            "metadata": {"namespace": self._istiod.namespace, "name": self._istiod.mesh},
            "status": {"instances": [{"pod": pod, "serial": "1f", **instance}]},
        }
        manager = f"roottrust-agent-{pod}"
        apply_object(self._istiod.cluster, manifest, manager=manager, part="status")

    def list_pods(self) -> list[str]:
        istiod = self._istiod
        found = read_object(istiod.cluster, KIND, istiod.namespace, istiod.mesh)
        return [each["pod"] for each in found.get("status", {}).get("instances", [])]

    def wait_for_pods(self, *pods: str) -> None:
        wait_for(self.list_pods, lambda found: found == list(pods))

"""One cluster of the fleet: its istiod, and its workloads, whose names tell where they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from testbed import Cluster
from tests.e2e.helm import Helm
from tests.e2e.istiod import COMPONENT, Istiod, install_by_values
from tests.e2e.operator_pod import NAMESPACE
from tests.e2e.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Member:
    """A cluster with one mesh."""

    cluster: Cluster
    helm: Helm

    @property
    def name(self) -> str:
        return self.cluster.name

    @property
    def istiod(self) -> Istiod:
        return Istiod(self.cluster)

    @property
    def namespace(self) -> str:
        """The namespace of its workloads."""
        return f"{self.name}-apps"

    def get_workload(self, name: str) -> Workload:
        return Workload(cluster=self.cluster, namespace=self.namespace, name=name)

    def prepare(self) -> None:
        """Have istio's kinds, and a namespace for workloads."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps(namespace))
        self.helm.install("istio-base", self.helm.istio.base_chart)

    def install_istiod(
        self, *, wait: bool = True, changes: Mapping[str, str] | None = None
    ) -> None:
        """Install istiod with the agent beside it, or upgrade to that; `changes` are of values."""
        self.cluster.kubectl("apply", "-f", COMPONENT / "rbac.yaml")
        wanted = {"env.ISTIO_MULTIROOT_MESH": "true", **(changes or {})}
        install_by_values(self.helm, cluster=self.name, changes=wanted, wait=wait)

    def install_self_signed_istiod(self) -> None:
        """Install istiod as it comes: it makes a root for itself."""
        self.helm.install_istiod()

    def forget_directives(self) -> None:
        """Take away those by which its mesh was restarted."""
        self.cluster.kubectl("delete", "podbouncedirectives", "--all", "-n", NAMESPACE)

    def list_pods(self, selector: str = "") -> dict[str, int]:
        """Return all pods that are not on their way out by uid, and how often they restarted."""
        words = ("get", "pods", "--all-namespaces", f"--selector={selector}", "-o=json")
        found = json.loads(self.cluster.kubectl(*words).stdout)["items"]
        return {
            each["metadata"]["uid"]: sum(
                status["restartCount"]
                for part in ("containerStatuses", "initContainerStatuses")
                for status in each["status"].get(part, ())
            )
            for each in found
            if "deletionTimestamp" not in each["metadata"]
        }

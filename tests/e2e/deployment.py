"""Workloads with replicas behind a Service, labelled as istio's injection labels its proxies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.e2e.workload import Workload

REPLICAS = 2
# A pod that is to end serves until everybody has learned of it, as with istio's own drain.
DRAIN_SECONDS = 4


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Replicas that run a script of in_pod/ beside the agent."""

    pod: Workload  # what each is like, by the same name
    command: Sequence[str]
    port: int
    is_gateway: bool = False

    @property
    def name(self) -> str:
        return self.pod.name

    def start(self) -> None:
        self.apply()
        self.wait_until_ready()

    def apply(self) -> None:
        """Create it with its Service."""
        self.pod.put_scripts()
        for manifest in (self._build(), self._build_service()):
            self.pod.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def wait_until_ready(self) -> None:
        self.pod.kubectl("rollout", "status", f"deployment/{self.name}", "--timeout=90s")

    def delete(self) -> None:
        self.pod.kubectl("delete", f"deployment/{self.name}", f"service/{self.name}")

    def get_address(self) -> str:
        """Return that of its Service."""
        return self.pod.kubectl("get", "service", self.name, "-o=jsonpath={.spec.clusterIP}")

    def list_starts(self) -> list[datetime]:
        """Return when each pod that is not on its way out was created, the first one first."""
        return sorted(self.list_pods().values())

    def list_pods(self) -> dict[str, datetime]:
        """Return when each of them was created, by uid."""
        words = ("get", "pods", f"--selector=app={self.name}", "-o=json")
        found = [each["metadata"] for each in json.loads(self.pod.kubectl(*words))["items"]]
        return {
            each["uid"]: datetime.fromisoformat(each["creationTimestamp"])
            for each in found
            if "deletionTimestamp" not in each
        }

    def _build(self) -> dict[str, Any]:
        own = {"app": self.name}
        kind = {"istio": "ingressgateway"} if self.is_gateway else {}
        sidecar = {} if self.is_gateway else {"security.istio.io/tlsMode": "istio"}
        metadata = {
            "labels": {**own, **kind, **sidecar, "service.istio.io/canonical-name": self.name},
            "annotations": {"istio.io/rev": "default"},
        }
        spec = self.pod.build_pod(self.command)["spec"]
        spec["terminationGracePeriodSeconds"] = DRAIN_SECONDS + 1
        (app,) = spec["containers"]
        app["readinessProbe"] = {"tcpSocket": {"port": self.port}, "periodSeconds": 1}
        app["lifecycle"] = {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name},
            "spec": {
                "replicas": REPLICAS,
                "selector": {"matchLabels": own},
                "template": {"metadata": metadata, "spec": spec},
            },
        }

    def _build_service(self) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name},
            "spec": {"selector": {"app": self.name}, "ports": [{"port": self.port}]},
        }

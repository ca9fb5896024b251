"""Workloads of the meshes: pods with istio's own agent, which answer and ask by mutual TLS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.fleet.stage import IMAGE, OLD_MESH
from demo.shell import Shell
from testbed.istio_agent import add_agent

NAMESPACE = "bookinfo"
PLACE = f"--namespace={NAMESPACE}"
SCRIPT = "/demo/peer.py"

_PATH = "/opt/roottrust/bin"  # where the image has Python

_PORT = 8443
_SCRIPTS = Path(__file__).parent / "in_pod"
# What istio's injection writes, by which restarts find a mesh's proxies.
_PROXY_LABEL = "service.istio.io/canonical-name"
_SIDECAR = {"security.istio.io/tlsMode": "istio"}
_ANNOTATIONS = {"istio.io/rev": "default"}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A Deployment with a Service and an account of its name."""

    cluster: str
    name: str
    labels: Mapping[str, str] = field(default_factory=lambda: _SIDECAR)
    replicas: int = 1
    certificate_seconds: int = 86400

    @property
    def identity(self) -> str:
        """What its pods prove to others."""
        return f"spiffe://cluster.local/ns/{NAMESPACE}/sa/{self.name}"

    def build(self) -> list[dict[str, Any]]:
        """Return its manifests."""
        labels = {"app": self.name, _PROXY_LABEL: self.name, **self.labels}
        selector = {"app": self.name}
        metadata = {"name": self.name, "namespace": NAMESPACE}
        template = {
            "metadata": {"labels": labels, "annotations": _ANNOTATIONS},
            "spec": self._build_pod(),
        }
        strategy = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        return [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"selector": selector, "ports": [{"port": _PORT}]},
            },
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": metadata,
                "spec": {
                    "replicas": self.replicas,
                    "selector": {"matchLabels": selector},
                    "strategy": strategy,
                    "template": template,
                },
            },
        ]

    def _build_pod(self) -> dict[str, Any]:
        app = {
            "name": "app",
            "image": IMAGE,
            "imagePullPolicy": "Never",
            "command": ["python", SCRIPT, "serve"],
            "env": [{"name": "PATH", "value": _PATH}],
            "readinessProbe": {"tcpSocket": {"port": _PORT}, "periodSeconds": 1},
            "volumeMounts": [{"name": "script", "mountPath": str(Path(SCRIPT).parent)}],
        }
        spec = {
            "serviceAccountName": self.name,
            "terminationGracePeriodSeconds": 5,  # it answers until the end
            "containers": [app],
            "volumes": [{"name": "script", "configMap": {"name": "script"}}],
        }
        return add_agent(spec, namespace=NAMESPACE, certificate_seconds=self.certificate_seconds)


# Short lives, so that the rotation reaches their certificates while somebody watches.
PRODUCTPAGE = Workload(cluster="cluster1", name="productpage", certificate_seconds=40)
REVIEWS = Workload(cluster=OLD_MESH, name="reviews", replicas=2, certificate_seconds=40)
GATEWAY = Workload(cluster=OLD_MESH, name="gateway", labels={"istio": "ingressgateway"})


def start(shell: Shell, *workloads: Workload) -> None:
    """Create those of one cluster and wait until each of their pods answers."""
    context = f"--context={workloads[0].cluster}"
    shell.run("kubectl", "create", "namespace", NAMESPACE, context, show=False)
    script = ("create", "configmap", "script", f"--from-file={_SCRIPTS}", PLACE, context)
    shell.run("kubectl", *script, show=False)
    items = [manifest for each in workloads for manifest in each.build()]
    manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    apply = ("kubectl", "apply", "--filename=-", context)
    shell.run(*apply, stdin=manifests, show=False)
    names = [f"deployment/{each.name}" for each in workloads]
    ready = ("wait", "--for=condition=Available", *names, PLACE, context, "--timeout=100s")
    shell.run("kubectl", *ready, show=False)

"""Workloads of the mesh without Envoy: istio's own agent keeps their certificates in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import Cluster, CommandError
from testbed.istio import AGENT_IMAGE
from tests.e2e.memory import PYTHON
from tests.e2e.operator_pod import IMAGE

CERTIFICATES = "/etc/certs"
_SCRIPTS = Path(__file__).parent / "in_pod"
_FIELDS = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "INSTANCE_IP": "status.podIP",
    "SERVICE_ACCOUNT": "spec.serviceAccountName",
}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One pod with an identity of the mesh."""

    cluster: Cluster
    namespace: str
    name: str

    def start(
        self, command: Sequence[str] = ("wait",), *, certificate_seconds: int = 86400
    ) -> None:
        """Run a script of in_pod/ beside the agent, and wait until it has its certificate."""
        self.kubectl("delete", "pod", self.name, "--ignore-not-found", "--now")
        scripts = {path.name: path.read_text() for path in _SCRIPTS.glob("*.py")}
        for manifest in (
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "scripts"},
                "data": scripts,
            },
            self.build_pod(command, certificate_seconds=certificate_seconds),
        ):
            self.kubectl("apply", "-f", "-", input=json.dumps(manifest))
        self.kubectl("wait", "--for=condition=Ready", f"pod/{self.name}", "--timeout=60s")

    def kubectl(self, *words: str, input: str | None = None, seconds: float = 120) -> str:  # noqa: A002  subprocess's
        words = ("-n", self.namespace, *words)
        return self.cluster.kubectl(*words, input=input, seconds=seconds).stdout

    def get_address(self) -> str:
        return self.kubectl("get", "pod", self.name, "-o=jsonpath={.status.podIP}")

    def read_certificate(self, name: str) -> str:
        """Return one of the files that its agent wrote."""
        program = f"print(open('{CERTIFICATES}/{name}').read(), end='')"
        return self.kubectl("exec", self.name, "-c", "app", "--", PYTHON, "-c", program)

    def read_log(self) -> str:
        """Return what its script has printed; empty while nobody can be asked."""
        try:
            return self.kubectl("logs", self.name, "-c", "app", "--tail=-1")
        except CommandError:
            return ""

    def build_pod(
        self, command: Sequence[str] = ("wait",), *, certificate_seconds: int = 86400
    ) -> dict[str, Any]:
        """Return the pod, which may be the template of others as well."""
        certificates = {"name": "certificates", "mountPath": CERTIFICATES}
        environment = {
            "DISABLE_ENVOY": "true",
            "OUTPUT_CERTS": CERTIFICATES,
            "SECRET_TTL": f"{certificate_seconds}s",
            "CA_ADDR": "istiod.istio-system.svc:15012",
            "PROXY_CONFIG": "{}",
            "ISTIO_META_CLUSTER_ID": "Kubernetes",
        }
        agent = {
            "name": "istio-proxy",
            "image": AGENT_IMAGE,
            "imagePullPolicy": "Never",
            "restartPolicy": "Always",
            "workingDir": "/",
            "args": ["proxy", "sidecar", "--domain", f"{self.namespace}.svc.cluster.local"],
            "env": [
                *({"name": name, "value": value} for name, value in environment.items()),
                *(
                    {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
                    for name, path in _FIELDS.items()
                ),
            ],
            "startupProbe": {
                "exec": {"command": ["test", "-s", f"{CERTIFICATES}/root-cert.pem"]},
                "periodSeconds": 1,
                "failureThreshold": 60,
            },
            "volumeMounts": [
                certificates,
                {"name": "root", "mountPath": "/var/run/secrets/istio"},
                {"name": "token", "mountPath": "/var/run/secrets/tokens"},
                {"name": "proxy", "mountPath": "/etc/istio/proxy"},
                {"name": "socket", "mountPath": "/var/run/secrets/workload-spiffe-uds"},
            ],
        }
        app = {
            "name": "app",
            "image": IMAGE,
            "imagePullPolicy": "Never",
            "command": [PYTHON, *_name_script(command)],
            "env": [{"name": "PYTHONPATH", "value": "/scripts"}],
            "volumeMounts": [certificates, {"name": "scripts", "mountPath": "/scripts"}],
        }
        token = {"audience": "istio-ca", "expirationSeconds": 3600, "path": "istio-token"}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name},
            "spec": {
                "securityContext": {"runAsUser": 1337, "runAsGroup": 1337, "fsGroup": 1337},
                "terminationGracePeriodSeconds": 1,
                "initContainers": [agent],
                "containers": [app],
                "volumes": [
                    {"name": "certificates", "emptyDir": {"medium": "Memory"}},
                    {"name": "proxy", "emptyDir": {}},
                    {"name": "socket", "emptyDir": {}},
                    {"name": "root", "configMap": {"name": "istio-ca-root-cert"}},
                    {"name": "scripts", "configMap": {"name": "scripts"}},
                    {"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}},
                ],
            },
        }


def _name_script(command: Sequence[str]) -> list[str]:
    script, *words = command
    return [f"/scripts/{script}.py", *words]

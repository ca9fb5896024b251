"""Workloads of the mesh without Envoy: istio's own agent keeps their certificates in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import Cluster, CommandError
from testbed.istio_agent import CERTIFICATES, add_agent
from tests.e2e.memory import PYTHON
from tests.e2e.operator_pod import IMAGE

_SCRIPTS = Path(__file__).parent / "in_pod"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One pod with an identity of the mesh; `is_injected` is whether istio's labels tell of it."""

    cluster: Cluster
    namespace: str
    name: str
    is_injected: bool = False

    def start(
        self, command: Sequence[str] = ("wait",), *, certificate_seconds: int = 86400
    ) -> None:
        """Run a script of in_pod/ beside the agent, and wait until it has its certificate."""
        self.delete()
        self.put_scripts()
        pod = self.build_pod(command, certificate_seconds=certificate_seconds)
        self.kubectl("apply", "-f", "-", input=json.dumps(pod))
        self.kubectl("wait", "--for=condition=Ready", f"pod/{self.name}", "--timeout=60s")

    def delete(self) -> None:
        self.kubectl("delete", "pod", self.name, "--ignore-not-found", "--now")

    def put_scripts(self) -> None:
        """Have what pods of its namespace run."""
        scripts = {path.name: path.read_text() for path in _SCRIPTS.glob("*.py")}
        metadata = {"name": "scripts"}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": scripts}
        self.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    @property
    def identity(self) -> str:
        """Its SPIFFE id."""
        return f"spiffe://cluster.local/ns/{self.namespace}/sa/default"

    def connect_once(self, address: str, *words: str) -> dict[str, str]:
        """Connect to a server of in_pod/, and return what became of it."""
        script = ("/scripts/once.py", address, *words)
        told = self.kubectl("exec", self.name, "-c", "app", "--", PYTHON, *script)
        return dict(json.loads(told))

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
        app = {
            "name": "app",
            "image": IMAGE,
            "imagePullPolicy": "Never",
            "command": [PYTHON, *_name_script(command)],
            "env": [{"name": "PYTHONPATH", "value": "/scripts"}],
            "volumeMounts": [{"name": "scripts", "mountPath": "/scripts"}],
        }
        spec = {
            "terminationGracePeriodSeconds": 1,
            "containers": [app],
            "volumes": [{"name": "scripts", "configMap": {"name": "scripts"}}],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name, **(self._label() if self.is_injected else {})},
            "spec": add_agent(
                spec, namespace=self.namespace, certificate_seconds=certificate_seconds
            ),
        }

    def _label(self) -> dict[str, Any]:
        """Return what istio's injection writes on a pod."""
        labels = {
            "service.istio.io/canonical-name": self.name,
            "security.istio.io/tlsMode": "istio",
        }
        return {"labels": labels, "annotations": {"istio.io/rev": "default"}}


def _name_script(command: Sequence[str]) -> list[str]:
    script, *words = command
    return [f"/scripts/{script}.py", *words]

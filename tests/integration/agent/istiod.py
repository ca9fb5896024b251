"""A real istiod outside a pod: it needs an API server, a namespace and a CA folder, no node.

`pilot-discovery` as `istio.md` has it: no CRDs, no ConfigMap `istio`, no webhooks. It publishes its
root in every namespace at once, for there is no other replica to agree with.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import requests

from testbed import Cluster
from testbed.free_port import find_free_port
from tests.integration.hub.waiting import wait_for

STOP_SECONDS = 10.0
RELOADED = "Istiod has detected the newly added intermediate CA"

_ROOT = "jsonpath={.data.root-cert\\.pem}"


def _choose_ports() -> dict[str, int]:
    flags = ("http", "grpc", "secureGRPC", "https", "monitoring")
    return {flag: find_free_port() for flag in flags}


@dataclass
class Istiod:
    """One istiod: started and stopped by its id; its log is shown when a test fails."""

    binary: Path
    cluster: Cluster
    namespace: str
    ca_folder: Path
    log: Path
    host: str = "127.0.0.1"
    ports: dict[str, int] = field(default_factory=_choose_ports)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where it signs, in a pod 15012."""
        return self.ports["secureGRPC"]

    @property
    def name(self) -> str:
        """The name in its certificate that the agent and workloads expect."""
        return f"istiod.{self.namespace}.svc"

    def start(self, *flags: str, **environment: str) -> None:
        """Start it, and end it with the tests, however these end."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", self.binary, *self._build_flags(), *flags],
                stdout=output,
                stderr=output,
                cwd=self.ca_folder.parent,
                env={**self._build_environment(), **environment},
            )

    def wait_until_ready(self) -> None:
        """Wait until it says that it is ready."""
        wait_for(self._is_ready, bool, every=0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None, "istiod was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait until it ends by itself, and return its exit code."""
        assert self._process is not None, "istiod was never started"
        return self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        if self._process is not None and self.is_running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_SECONDS)

    def read_log(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def read_published_root(self, namespace: str | None = None) -> str | None:
        """Return root-cert.pem of `istio-ca-root-cert`, None while it is not there."""
        found = self.cluster.kubectl(
            "get", "configmap", "istio-ca-root-cert", "--ignore-not-found",
            f"--namespace={namespace or self.namespace}", f"-o={_ROOT}",
        )  # fmt: skip
        return found.stdout or None

    def _is_ready(self) -> bool:
        assert self.is_running, f"istiod has ended: {self.read_log()[-2000:]}"
        try:
            return requests.get(f"http://{self.host}:{self.ports['http']}/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _build_flags(self) -> list[str]:
        addresses = [f"--{flag}Addr={self.host}:{port}" for flag, port in self.ports.items()]
        return [
            "discovery",
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--namespace={self.namespace}",
            "--registries=Kubernetes",
            "--meshConfig=/nonexistent",
            "--domain=cluster.local",
            f"--ctrlz_address={self.host}",
            "--ctrlz_port=0",
            *addresses,
        ]

    def _build_environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "POD_NAME": "istiod-0",
            "POD_NAMESPACE": self.namespace,
            "CLUSTER_ID": "Kubernetes",
            "PILOT_CERT_PROVIDER": "istiod",
            "ROOT_CA_DIR": str(self.ca_folder),
            "ENABLE_LEADER_ELECTION": "false",
        }

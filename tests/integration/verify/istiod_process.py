"""A real istiod outside a pod, at an address of its own where all its ports are the usual ones."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import requests

from testbed import Cluster
from tests.integration.hub.waiting import wait_for

STOP_SECONDS = 10.0

_PORTS = {
    "--httpAddr": 8080,
    "--grpcAddr": 15010,
    "--secureGRPCAddr": 15012,
    "--httpsAddr": 15017,
    "--monitoringAddr": 15014,
}


@dataclass(frozen=True)
class Bundle:
    """The files that istiod reads its CA from; without any it makes a root of its own."""

    files: dict[str, str]

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name, content in self.files.items():
            folder.joinpath(name).write_text(content)


class IstiodProcess:
    """One istiod; it publishes its root in all namespaces of the cluster."""

    def __init__(
        self, program: Path, cluster: Cluster, *, namespace: str, address: str, log: Path
    ) -> None:
        self._program = program
        self._cluster = cluster
        self._namespace = namespace
        self.address = address
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._bundle: Bundle | None = None

    def runs_with(self, bundle: Bundle) -> bool:
        """Tell whether it runs, with this CA."""
        is_running = self._process is not None and self._process.poll() is None
        return is_running and self._bundle == bundle

    def start(self, bundle: Bundle, folder: Path) -> None:
        """Start it with a CA and wait until it is ready."""
        bundle.write(folder / "cacerts")
        self._bundle = bundle
        ports = [word for name, port in _PORTS.items() for word in (name, f"{self.address}:{port}")]
        command = [
            *("setpriv", "--pdeathsig", "KILL", str(self._program), "discovery"),
            *("--kubeconfig", str(self._cluster.kubeconfig), "--namespace", self._namespace),
            *("--registries", "Kubernetes", "--meshConfig", "/nonexistent"),
            *("--domain", "cluster.local", *ports),
            *("--ctrlz_address", self.address, "--ctrlz_port", "0"),
        ]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=self._build_environment(folder), stdout=output,
                stderr=output,
            )  # fmt: skip
        wait_for(self._is_ready, lambda ready: ready)

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-3000:]
        try:
            return requests.get(f"http://{self.address}:8080/ready", timeout=1).ok
        except requests.RequestException:
            return False

    def _build_environment(self, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "POD_NAME": "istiod-0",
            "POD_NAMESPACE": self._namespace,
            "CLUSTER_ID": "Kubernetes",
            "ROOT_CA_DIR": str(folder / "cacerts"),
            "PILOT_CERT_PROVIDER": "istiod",
            "REVISION": "default",
            "INJECT_ENABLED": "false",
            "PILOT_ENABLE_GATEWAY_API": "false",
            # One is killed and another started: it would wait for the Lease of the first.
            "ENABLE_LEADER_ELECTION": "false",
        }

"""Helm 4, as people install istiod with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed import Istio
from testbed.command import run
from testbed.istio import PILOT_IMAGE

NAMESPACE = "istio-system"
# A small machine, an image that is there, and no wait of 30 s for the lease of an istiod before.
VALUES = {
    "image": PILOT_IMAGE,
    "autoscaleEnabled": False,
    "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
    "global": {"imagePullPolicy": "Never"},
    "env": {"ENABLE_LEADER_ELECTION": "false"},
}


@dataclass(frozen=True)
class Helm:
    """Helm with a folder of its own for plugins and values."""

    istio: Istio
    kubeconfig: Path
    folder: Path

    def install(self, name: str, chart: Path, *words: str | Path) -> None:
        """Install a chart or upgrade to it, and wait until it is ready."""
        options = ["--namespace", NAMESPACE, "--create-namespace", "--wait", "--timeout=120s"]
        self.run("upgrade", "--install", name, chart, *options, *words)

    def install_istiod(self, *words: str | Path, name: str = "istiod") -> None:
        values = self.folder / "values.yaml"
        values.write_text(yaml.safe_dump(VALUES))
        self.install(name, self.istio.istiod_chart, "--values", values, *words)

    def uninstall_istiod(self, name: str = "istiod") -> None:
        self.run("uninstall", name, "--namespace", NAMESPACE, "--wait", "--ignore-not-found")

    def run(self, *words: str | Path) -> str:
        environment = {
            "HELM_CACHE_HOME": str(self.folder / "cache"),
            "HELM_CONFIG_HOME": str(self.folder / "config"),
            "HELM_DATA_HOME": str(self.folder / "data"),
            "KUBECONFIG": str(self.kubeconfig),
        }
        return run([self.istio.helm, *words], environment=environment, seconds=180)

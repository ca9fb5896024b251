"""Helm 4, as people install istiod with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed import Istio
from testbed.istio import ISTIOD_VALUES
from tests.helm_program import HelmProgram

NAMESPACE = "istio-system"
# No wait of 30 s for the lease of an istiod before.
VALUES = {**ISTIOD_VALUES, "env": {"ENABLE_LEADER_ELECTION": "false"}}


@dataclass(frozen=True)
class Helm:
    """Helm with a folder of its own for plugins and values."""

    istio: Istio
    kubeconfig: Path
    folder: Path
    tools: Path  # where post-renderers find kubectl

    def install(self, name: str, chart: Path, *words: str | Path, wait: bool = True) -> None:
        """Install a chart or upgrade to it; wait until it is ready, unless told otherwise."""
        options = ["--namespace", NAMESPACE, "--create-namespace"]
        options += ["--wait", "--timeout=120s"] if wait else []
        self.run("upgrade", "--install", name, chart, *options, *words)

    def install_istiod(self, *words: str | Path, name: str = "istiod", wait: bool = True) -> None:
        values = self.folder / "values.yaml"
        values.write_text(yaml.safe_dump(VALUES))
        self.install(name, self.istio.istiod_chart, "--values", values, *words, wait=wait)

    def uninstall_istiod(self, name: str = "istiod") -> None:
        self.run("uninstall", name, "--namespace", NAMESPACE, "--wait", "--ignore-not-found")

    def run(self, *words: str | Path) -> str:
        program = HelmProgram(
            binary=self.istio.helm, folder=self.folder, kubeconfig=self.kubeconfig, tools=self.tools
        )
        return program.run(*words)

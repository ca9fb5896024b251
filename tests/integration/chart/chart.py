"""The chart as people use it: rendered, or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import CommandError
from tests.helm_program import HelmProgram
from tests.session import REPOSITORY

CHART = REPOSITORY / "charts/roottrust"
NAMESPACE = "gloo-mesh"
RELEASE = "roottrust"
NO_HOOKS = "--no-hooks"  # where no node runs their Jobs, or where they are not looked at

Manifest = dict[str, Any]
Values = dict[str, Any]

HUB: Values = {
    "image": {"repository": "registry.example/roottrust"},
    "config": yaml.safe_load((REPOSITORY / "deploy/base/config.yaml").read_text()),
}
CLUSTER: Values = {
    **HUB,
    "roles": ["cluster"],
    "config": yaml.safe_load((REPOSITORY / "deploy/cluster/config.yaml").read_text()),
}
HUB_ALONE: Values = {**HUB, "roles": ["hub"]}
SINGLE: Values = {
    **HUB,
    "replicas": 1,
    "config": yaml.safe_load((REPOSITORY / "deploy/single/config.yaml").read_text()),
}
# The folders of deploy/ that install an operator, and what gives the same by the chart.
VARIANTS = {"base": HUB, "hub": HUB_ALONE, "single": SINGLE, "cluster": CLUSTER}


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The chart for one cluster or for none."""

    helm: HelmProgram
    folder: Path = CHART
    namespace: str = NAMESPACE

    def render(self, values: Values, *words: str) -> list[Manifest]:
        """Return what would be installed and what hooks would run, without a cluster."""
        # A Helm that is built without its own flags takes itself for a very old Kubernetes.
        text = self._run("template", RELEASE, values, "--kube-version=1.36.0", *words)
        return [each for each in yaml.safe_load_all(text) if each]

    def refuse(self, values: Values) -> str:
        """Return why it is not even rendered."""
        with pytest.raises(CommandError) as caught:
            self.render(values)
        return str(caught.value)

    def install(self, values: Values, *words: str, name: str = RELEASE) -> str:
        return self._run("install", name, values, "--create-namespace", *words)

    def upgrade(self, values: Values, *words: str) -> str:
        return self._run("upgrade", RELEASE, values, *words)

    def roll_back(self, *words: str) -> str:
        """Go back to the revision before."""
        return self.helm.run("rollback", RELEASE, f"--namespace={self.namespace}", *words)

    def uninstall(self, *words: str, name: str = RELEASE) -> str:
        place = f"--namespace={self.namespace}"
        return self.helm.run("uninstall", name, place, "--ignore-not-found", "--wait", *words)

    def _run(self, verb: str, name: str, values: Values, *words: str) -> str:
        """Give the values as a file: what is written on the command line has other types."""
        fixed = (name, self.folder, f"--namespace={self.namespace}", "--values", "-")
        return self.helm.run(verb, *fixed, *words, input=json.dumps(values))


def find(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """Return the only one of a kind, or of a kind and a name."""
    (found,) = list_kind(manifests, kind, name)
    return found


def list_kind(manifests: list[Manifest], kind: str, name: str = "") -> list[Manifest]:
    return [
        each
        for each in manifests
        if each["kind"] == kind and (not name or each["metadata"]["name"] == name)
    ]

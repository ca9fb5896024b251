"""The ways in which people get the agent beside istiod, each as they would write it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import Istio

REPOSITORY = Path(__file__).parents[3]
DEPLOY = REPOSITORY / "deploy/istiod"
GUIDE_PATCH = Path(__file__).parent / "vault-patch.yaml"
IMAGE = "registry.example/roottrust:0.1.0"
CLUSTER = "cluster1"
FILTER = ("istiod-patch", f"--cluster={CLUSTER}", f"--image={IMAGE}")

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a program wrote and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def documents(self) -> list[Document]:
        """The documents on stdout, which a failure does not have."""
        assert self.code == 0, self.errors
        return [each for each in yaml.safe_load_all(self.output) if each]


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """istiod's chart, rendered for a namespace and, perhaps, a revision."""

    istio: Istio
    kubectl: Path
    folder: Path  # of Helm's plugins, and of what is written for kustomize
    namespace: str
    settings: tuple[str, ...] = ()

    def render(self, *words: str | Path, helm: Path | None = None) -> Outcome:
        """Render the chart as it is, or with more words for Helm."""
        chart = self.istio.istiod_chart
        settings = (f"global.istioNamespace={self.namespace}", *self.settings)
        options = [f"--set={each}" for each in settings]
        command = ["template", "istiod", chart, f"--namespace={self.namespace}", *options, *words]
        return self.run(helm or self.istio.helm, *command)

    def by_filter(self, *more: str) -> Outcome:
        """`helm template | roottrust istiod-patch`."""
        return self.filter(self.render().output, *more)

    def filter(self, text: str, *more: str) -> Outcome:
        """`roottrust istiod-patch` alone."""
        return self.run(Path(sys.executable).parent / "roottrust", *FILTER, *more, given=text)

    def by_helm_4(self, *words: str) -> Outcome:
        """As a post-renderer of Helm 4, which takes plugins."""
        plugins = self.folder / "plugins"
        if not plugins.exists():
            self.run(self.istio.helm, "plugin", "install", DEPLOY / "helm-plugin")
        arguments = [f"--post-renderer-args={each}" for each in FILTER[1:]]
        return self.render("--post-renderer=roottrust", *arguments, *words)

    def by_helm_3(self, *words: str) -> Outcome:
        """As a post-renderer of Helm 3, which takes programs."""
        arguments = [f"--post-renderer-args={each}" for each in FILTER]
        options = ("--post-renderer=roottrust", *arguments, *words)
        return self.render(*options, helm=self.istio.helm_3)

    def by_component(self, *, service_account: str = "istiod", component: Path = DEPLOY) -> Outcome:
        """By the kustomize component, as its README tells."""
        name, tag = IMAGE.split(":")
        generator = {
            "name": "roottrust-istiod",
            "literals": [
                f"audience=vault-{CLUSTER}",
                f"namespace={self.namespace}",
                f"serviceAccount={service_account}",
            ],
            "options": {
                "disableNameSuffixHash": True,
                "annotations": {"config.kubernetes.io/local-config": "true"},
            },
        }
        return self.kustomize(
            components=[os.path.relpath(component, self.folder)],
            configMapGenerator=[generator],
            images=[{"name": "roottrust", "newName": name, "newTag": tag}],
        )

    def by_guide_patch(self) -> Outcome:
        """By the guide's patch, which names neither the namespace nor a revision."""
        text = GUIDE_PATCH.read_text().replace("IMAGE", IMAGE)
        (self.folder / "vault-patch.yaml").write_text(
            text.replace("  namespace: istio-system\n", "")
        )
        target = {"kind": "Deployment", "labelSelector": "app=istiod"}
        return self.kustomize(patches=[{"path": "vault-patch.yaml", "target": target}])

    def by_values(self) -> Outcome:
        """By values of the chart alone, as the README tells."""
        token = "volumes[1].projected.sources[0].serviceAccountToken"
        return self.render(
            f"--values={DEPLOY / 'istiod-values.yaml'}",
            f"--set=initContainers[0].image={IMAGE}",
            f"--set={token}.audience=vault-{CLUSTER}",
        )

    def kustomize(self, **content: Any) -> Outcome:
        """Build a kustomization over the rendered chart."""
        (self.folder / "istiod.yaml").write_text(self.render().output)
        content = {"resources": ["istiod.yaml"], **content}
        (self.folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
        return self.run(self.kubectl, "kustomize", self.folder)

    def run(self, *command: str | Path, given: str | None = None) -> Outcome:
        """Run a program in a folder where nobody may write, with stderr a pipe as in pipelines."""
        search_path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        home = {f"HELM_{each}_HOME": str(self.folder) for each in ("DATA", "CACHE", "CONFIG")}
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            cwd="/proc",
            env={**os.environ, **home, "PATH": search_path},
            timeout=120,
            check=False,
        )
        return Outcome(code=done.returncode, output=done.stdout, errors=done.stderr)


def find_istiod(documents: Sequence[Document]) -> Document:
    (found,) = [each for each in documents if each["kind"] == "Deployment"]
    return found


def find_rights(documents: Sequence[Document]) -> list[Document]:
    """Return the Role and RoleBinding of the agent."""
    return [each for each in documents if each["metadata"]["name"].startswith("roottrust-")]

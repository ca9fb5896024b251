"""Every way of deploy/istiod/README.md, in real pods: istiod signs under Vault's root, by jwt."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, Vault
from testbed.command import run
from tests.e2e.helm import NAMESPACE, VALUES, Helm
from tests.e2e.istiod import COMPONENT, Istiod, install_by_values
from tests.e2e.operator_pod import IMAGE, OperatorPod, apply_sample_policy, forget_policy
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask

FILTER = ("istiod-patch", "--cluster=cluster1", f"--image={IMAGE}")
ROOT_CONFIG_MAP = "istio-ca-root-cert"
REVISION = "istiod-canary"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A cluster without istiod, and istiod's chart."""

    helm: Helm
    cluster: Cluster

    def render_istiod(self) -> str:
        """Return what Helm would install, for whoever applies it by other means."""
        values = self.helm.folder / "rendered-values.yaml"
        values.write_text(yaml.safe_dump(VALUES))
        options = ("--namespace", NAMESPACE, "--values", values)
        return self.helm.run("template", "istiod", self.helm.istio.istiod_chart, *options)

    def apply(self, *words: str | Path, given: str | None = None) -> None:
        self.cluster.kubectl("apply", "--server-side", *words, input=given)


Install = Callable[[Site], None]


def by_helm_4(*more: str, name: str = "istiod", words: tuple[str, ...] = ()) -> Install:
    def install(site: Site) -> None:
        plugin = COMPONENT / "helm-plugin"
        if not (site.helm.folder / "data/plugins" / plugin.name).exists():
            site.helm.run("plugin", "install", plugin)
        arguments = [f"--post-renderer-args={each}" for each in (*FILTER[1:], *more)]
        site.helm.install_istiod("--post-renderer=roottrust", *arguments, *words, name=name)

    return install


def by_helm_3(site: Site) -> None:
    arguments = [f"--post-renderer-args={each}" for each in FILTER]
    istio = dataclasses.replace(site.helm.istio, helm=site.helm.istio.helm_3)
    helm = dataclasses.replace(site.helm, istio=istio)
    helm.install_istiod("--post-renderer=roottrust", *arguments)


def by_values(site: Site) -> None:
    site.apply("-f", COMPONENT / "rbac.yaml")
    install_by_values(site.helm)


def by_component(site: Site) -> None:
    """Write the kustomization of the README and apply it."""
    folder = site.helm.folder / "kustomize"
    folder.mkdir(exist_ok=True)
    (folder / "istiod.yaml").write_text(site.render_istiod())
    literals = ("audience=vault-cluster1", f"namespace={NAMESPACE}", "serviceAccount=istiod")
    options = {
        "disableNameSuffixHash": True,
        "annotations": {"config.kubernetes.io/local-config": "true"},
    }
    name, tag = IMAGE.split(":")
    content = {
        "resources": ["istiod.yaml"],
        "components": [os.path.relpath(COMPONENT, folder)],
        "configMapGenerator": [
            {"name": "roottrust-istiod", "literals": list(literals), "options": options}
        ],
        "images": [{"name": "roottrust", "newName": name, "newTag": tag}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    site.apply("-k", folder)


def by_pipe(site: Site) -> None:
    site.apply("-f", "-", given=run(["roottrust", *FILTER], input=site.render_istiod()))


WAYS = {
    "pipe": by_pipe,
    "Helm 4": by_helm_4(),
    "Helm 4, native sidecar": by_helm_4("--native-sidecar"),
    "Helm 3": by_helm_3,
    "component": by_component,
    "values": by_values,
}


@pytest.fixture(scope="module")
def policy(cluster: Cluster, vault: Vault, admin: Ask, operator: OperatorPod) -> Iterator[None]:
    """The policy for every cluster, as deploy/ ships it."""
    policy = apply_sample_policy(cluster, vault, {})
    yield
    forget_policy(policy, admin)


@pytest.fixture
def site(
    policy: None, helm: Helm, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A cluster to install istiod in; what a test installs goes with it."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    # What is seen then is of the istiod that comes.
    published = f"--field-selector=metadata.name={ROOT_CONFIG_MAP}"
    cluster.kubectl("delete", "configmaps", "--all-namespaces", published)
    site = Site(helm=helm, cluster=cluster)
    yield site
    helm.uninstall_istiod()
    helm.uninstall_istiod(REVISION)
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", input=site.render_istiod())
    rights = [f"{kind}/roottrust-agent-istiod" for kind in ("role", "rolebinding")]
    cluster.kubectl("delete", *rights, "-n", NAMESPACE, "--ignore-not-found")


@pytest.mark.parametrize("way", WAYS)
def test_istiod_signs_under_vaults_root(site: Site, root: Root, way: str) -> None:
    WAYS[way](site)
    check_istiod(Istiod(site.cluster), root)


def test_a_revision_has_an_agent_and_an_account_of_its_own(site: Site, root: Root) -> None:
    by_helm_4(name=REVISION, words=("--set=revision=canary",))(site)
    check_istiod(Istiod(site.cluster, REVISION), root)


def check_istiod(istiod: Istiod, root: Root) -> None:
    """Check that it serves the agent's CA, publishes Vault's root, and never signed itself."""
    istiod.wait_until_ready()
    istiod.wait_for_published_root("default", root.certificate.read_text())
    wait_for(istiod.read_instance, lambda instance: bool(instance.get("loadedByIstiod")))
    assert istiod.kubectl("get", "secret", "istio-ca-secret", "--ignore-not-found") == ""

"""Every way of deploy/istiod/README.md, in real pods: istiod signs under Vault's root, by jwt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import yaml

from testbed import Cluster, Istio, Testbed, Vault
from tests.doc_blocks import find_block
from tests.e2e.chart_repository import serve_charts
from tests.e2e.guide_reader import expect, name_vault, reach_vault, succeed
from tests.e2e.helm import NAMESPACE, VALUES, Helm
from tests.e2e.istiod import Istiod
from tests.e2e.newcomer import become_newcomer
from tests.e2e.operator_pod import NAMESPACE as HOME
from tests.e2e.operator_pod import OperatorPod, forget_policy
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.reader import Reader
from tests.integration.vault_calls import Ask

ROOT_CONFIG_MAP = "istio-ca-root-cert"
REVISION = "istiod-canary"
RELEASE = "--install istiod istio/istiod"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A cluster without istiod, istiod's chart, and somebody who reads how to install it."""

    helm: Helm
    cluster: Cluster
    reader: Reader

    def render_istiod(self) -> str:
        """Return what Helm would install, for whoever applies it by other means."""
        values = self.helm.folder / "rendered-values.yaml"
        values.write_text(yaml.safe_dump(VALUES))
        options = ("--namespace", NAMESPACE, "--values", values)
        return self.helm.run("template", "istiod", self.helm.istio.istiod_chart, *options)

    def type(self, text: str) -> None:
        done = self.reader.type(text)
        assert done.code == 0, f"{text}\n{done.out}\n{done.err}"


Install = Callable[[Site], None]


def by_helm_4(*more: str, release: str = RELEASE) -> Install:
    def install(site: Site) -> None:
        block = find_block("deploy/istiod/README.md", "helm plugin install deploy/istiod")
        site.type("helm plugin uninstall roottrust || true")
        arguments = "".join(f" --post-renderer-args={each}" for each in more)
        assert RELEASE in block.commands
        site.type(block.commands.rstrip().replace(RELEASE, release) + arguments)

    return install


def by_helm_3(site: Site) -> None:
    older = site.reader.folder / "helm-3"
    older.mkdir()
    (older / "helm").symlink_to(site.helm.istio.helm_3)
    path = f"{older}:{site.reader.environment['PATH']}"
    reader = replace(site.reader, environment={**site.reader.environment, "PATH": path})
    block = find_block("deploy/istiod/README.md", "helm upgrade --install istiod")
    replace(site, reader=reader).type(block.commands)


def by_values(site: Site) -> None:
    site.type(
        find_block("deploy/istiod/README.md", "kubectl apply -f deploy/istiod/rbac.yaml").commands
    )


def by_component(site: Site) -> None:
    block = find_block("deploy/istiod/README.md", "# kustomization.yaml")
    site.reader.write("kustomization.yaml", block.text.replace("…/deploy", "deploy"))
    site.type(
        find_block(
            "deploy/istiod/README.md", "helm template istiod istio/istiod -n istio-system >"
        ).commands
    )


def by_pipe(site: Site) -> None:
    block = find_block(
        "deploy/istiod/README.md", "helm template istiod istio/istiod -n istio-system |"
    )
    assert find_block("docs/guide.md", "helm template istiod istio").commands == block.commands
    site.type(block.commands)


WAYS = {
    "pipe": by_pipe,
    "Helm 4": by_helm_4(),
    "Helm 4, native sidecar": by_helm_4("--native-sidecar"),
    "Helm 3": by_helm_3,
    "component": by_component,
    "values": by_values,
}


@pytest.fixture(scope="module")
def reader(
    bed: Testbed,
    cluster: Cluster,
    vault: Vault,
    istio: Istio,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """Somebody who knows where istio's charts are."""
    reader = become_newcomer(bed, cluster, vault, istio, tmp_path_factory.mktemp("reader"))
    with serve_charts(istio, tmp_path_factory.mktemp("charts")) as url:
        assert reader.type(f"helm repo add istio {url}").code == 0
        yield reader


@pytest.fixture(scope="module")
def policy(
    cluster: Cluster, vault: Vault, admin: Ask, operator: OperatorPod, reader: Reader
) -> Iterator[None]:
    """The policy for every cluster, as the samples' page has it applied."""
    name_vault(reader, vault)
    block = find_block("deploy/samples/README.md", "roottrust plan -f deploy/samples/every-cluster")
    plan, applied = block.commands.split("\n", 1)
    done = expect(2, reader, plan, reach_vault(vault))
    assert "+ create auth/kube-cluster1-mesh-auth" in done.out
    assert "condition met" in succeed(reader, applied).out
    yield
    forget_policy(Policy(cluster=cluster, namespace=HOME, name="every-cluster"), admin)


@pytest.fixture
def site(policy: None, helm: Helm, cluster: Cluster, reader: Reader) -> Iterator[Site]:
    """A cluster to install istiod in; what a test installs goes with it."""
    # What is seen then is of the istiod that comes.
    published = f"--field-selector=metadata.name={ROOT_CONFIG_MAP}"
    cluster.kubectl("delete", "configmaps", "--all-namespaces", published)
    site = Site(helm=helm, cluster=cluster, reader=reader)
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
    by_helm_4(release=f"--install {REVISION} istio/istiod --set revision=canary")(site)
    check_istiod(Istiod(site.cluster, REVISION), root)


def check_istiod(istiod: Istiod, root: Root) -> None:
    """Check that it serves the agent's CA, publishes Vault's root, and never signed itself."""
    istiod.wait_until_ready()
    istiod.wait_for_published_root("default", root.certificate.read_text())
    wait_for(istiod.read_instance, lambda instance: bool(instance.get("loadedByIstiod")))
    assert istiod.kubectl("get", "secret", "istio-ca-secret", "--ignore-not-found") == ""


def test_rights_of_another_account_are_given_as_the_page_tells(
    cluster: Cluster, reader: Reader
) -> None:
    cluster.kubectl("create", "namespace", "mesh")
    block = find_block("deploy/istiod/README.md", "sed 's")
    done = reader.run(block)
    agent = "--as=system:serviceaccount:mesh:istiod-canary"
    told = reader.type(f"kubectl auth can-i watch issuedcertificates -n mesh {agent}")
    cluster.kubectl("delete", "namespace", "mesh", "--wait=false")
    assert (done.code, told.out) == (0, "yes\n"), done

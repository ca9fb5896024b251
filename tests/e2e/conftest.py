"""A mesh in real pods: a cluster with a node, a Vault, the operator, and istiod by its own chart.

The testbed is that of the file Vault (N+3 of TESTS_RANGE=N), which no test here uses: run
integration and e2e in sessions of their own, as `make test` does.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Istio, Testbed, Vault, VaultOptions
from tests import session
from tests.e2e.helm import Helm
from tests.e2e.istiod import COMPONENT, Istiod, forget_roots, install_by_values
from tests.e2e.mesh_site import MeshSite
from tests.e2e.operator_pod import (
    IMAGE,
    OperatorPod,
    apply_sample_policy,
    deploy_operator,
    forget_policy,
)
from tests.integration.hub.root import Root, make_root
from tests.integration.vault_calls import Ask, build_ask
from tests.session import CRDS, REPOSITORY

CLUSTER = "cluster1"  # the guide's


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    session.skip_without_testbed(items, Path(__file__).parent)
    # Its reader begins with a cluster and a Vault in which nothing is yet.
    newcomers = Path(__file__).parent / "test_docs.py"
    items.sort(key=lambda item: item.path != newcomers)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    session.add_report(item, report)
    return report


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A testbed whose node has the images of istiod, of its workloads' agent, and ours."""

    def bring_up(bed: Testbed) -> None:
        archives = [*bed.provide_istio().archives, bed.build_image(REPOSITORY, IMAGE).archive]
        bed.up([CLUSTER], vault=VaultOptions(kind=session.VAULT))
        bed.load_images(CLUSTER, archives)

    yield from session.hold_testbed(request, session.RANGE + 3, bring_up)


@pytest.fixture(scope="session")
def cluster(bed: Testbed) -> Cluster:
    """A cluster that serves the project's kinds, and has no policy yet."""
    cluster = bed.cluster(CLUSTER)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)
    cluster.kubectl("delete", "rtp,meshes,issuedcertificates", "--all", "--all-namespaces")
    return cluster


@pytest.fixture(scope="session")
def vault(bed: Testbed) -> Vault:
    return bed.vaults[session.VAULT]


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The root of the guide, with the administrator's copy of its certificate."""
    return make_root(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="session")
def admin(vault: Vault, root: Root) -> Ask:
    """Vault's administrator, who has emptied Vault and imported the root as the guide tells."""
    vault.restart()
    admin = build_ask(vault, vault.root_token)
    root.import_into(admin)
    return admin


@pytest.fixture(scope="session")
def operator(
    cluster: Cluster, vault: Vault, admin: Ask, tmp_path_factory: pytest.TempPathFactory
) -> OperatorPod:
    """The operator in a pod, deployed as deploy/README.md tells."""
    return deploy_operator(cluster, vault, admin, tmp_path_factory.mktemp("overlay"))


@pytest.fixture(scope="session")
def istio(bed: Testbed) -> Istio:
    return bed.provide_istio()


@pytest.fixture(scope="session")
def helm(
    bed: Testbed, cluster: Cluster, istio: Istio, tmp_path_factory: pytest.TempPathFactory
) -> Helm:
    """Helm for the cluster, which has istio's kinds and no istiod yet."""
    folder = tmp_path_factory.mktemp("helm")
    helm = Helm(istio=istio, kubeconfig=cluster.kubeconfig, folder=folder, tools=bed.tools())
    helm.uninstall_istiod()
    forget_roots(cluster)
    cluster.kubectl("delete", "namespace", "bookinfo", "--ignore-not-found")
    helm.install("istio-base", istio.base_chart)
    return helm


@pytest.fixture(scope="session")
def bookinfo(cluster: Cluster, helm: Helm) -> str:
    """The namespace of the workloads, as in the guide."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bookinfo"}}
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    return "bookinfo"


@pytest.fixture(scope="module")
def mesh(
    cluster: Cluster, vault: Vault, admin: Ask, operator: OperatorPod, helm: Helm, bookinfo: str
) -> Iterator[MeshSite]:
    """A mesh as we recommend it."""
    cluster.kubectl("apply", "-f", COMPONENT / "rbac.yaml")
    policy = apply_sample_policy(cluster, vault, {})
    install_by_values(helm)
    yield MeshSite(
        cluster=cluster, vault=vault, policy=policy, istiod=Istiod(cluster), namespace=bookinfo
    )
    helm.uninstall_istiod()
    forget_policy(policy, admin)

"""Both roles in one process: Meshes of its own cluster lie beside the mirrors of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster
from tests.integration.cluster.configuration import build_config
from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.mirror import LABEL, Mirror
from tests.integration.hub.clusters.registration import HOME, Registrar
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.kube_writes import create_namespace, delete_object

NOWHERE = {
    "address": "https://vault.example:8200",
    "endpoint": "https://127.0.0.1:1",
    "login": {"tokenFile": {"path": "/nonexistent"}},
}


@pytest.fixture
def both(
    operator_process: OperatorProcess, cluster: Cluster, log_folder: Path, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """An operator with both roles and a Vault that is away; meanwhile there is no other one."""
    operator_process.kill()
    process = OperatorProcess(
        config=build_config(HOME, vaultServers=[NOWHERE]),
        kubeconfig=cluster.kubeconfig,
        folder=tmp_path,
        log=log_folder / "both-roles-and-mirrors.log",
        roles="hub,cluster",
    )
    process.start()
    yield process
    process.kill()


@pytest.fixture
def istiod(cluster: Cluster, namespace: str) -> Iterator[Istiod]:
    """One of its own cluster, whose Mesh is called as one of a cluster `x-cluster1` may be."""
    name = f"{namespace}-x"
    create_namespace(cluster, name)
    istiod = Istiod(cluster=cluster, namespace=name, home=HOME)
    yield istiod
    istiod.uninstall()
    delete_object(cluster, "namespaces", "", name)


def test_neither_touches_what_is_of_the_other(
    both: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    remote: Certificate,
    istiod: Istiod,
) -> None:
    registrar.register("cluster2", kubeconfig)
    mirror, own = Mirror(cluster, remote.name), Mirror(cluster, istiod.mesh)
    before = mirror.wait_for(lambda found: "status" in found)
    istiod.install()
    assert LABEL not in own.wait_for(lambda found: "status" in found)["metadata"]["labels"]
    istiod.uninstall()
    own.wait_until_gone()
    assert mirror.wait_for() == before
    istiod.install()
    own.wait_for()
    registrar.clear()
    mirror.wait_until_gone()
    assert own.read() is not None


def test_of_two_with_one_name_that_of_its_own_cluster_counts(
    both: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    second: Cluster,
    remote: Certificate,
    istiod: Istiod,
) -> None:
    """Who has another cluster cannot keep a mesh of this one from being served."""
    place = {"lies_in": remote.namespace, "speaks_for": remote.namespace}
    put_mesh(second, **place, account="istiod", names="x-cluster1")
    registrar.register("x-cluster1", kubeconfig)
    mesh = Mirror(cluster, istiod.mesh)
    mesh.wait_for(lambda found: LABEL in found["metadata"]["labels"])
    istiod.install()
    own = mesh.wait_for(lambda found: LABEL not in found["metadata"]["labels"])
    assert own["spec"]["istio"]["installation"]["cluster"] == "cluster1"
    istiod.uninstall()
    mesh.wait_for(lambda found: LABEL in found["metadata"]["labels"])

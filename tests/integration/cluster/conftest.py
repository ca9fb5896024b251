"""The real operator in its cluster role, beside a real API server, with the rights of deploy/.

Its own namespace is one of these tests: the hub's tests have nothing to do with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, kubeconfig
from tests.integration.cluster.configuration import build_config
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.kubelet import Kubelet, run_kubelet
from tests.integration.cluster.workloads import Bounce, Workloads
from tests.integration.hub.operator_process import OperatorProcess

RIGHTS = Path(__file__).parents[3] / "deploy/base/cluster-rbac.yaml"
ACCOUNT = "cluster-role"


@pytest.fixture(scope="session")
def home(cluster: Cluster) -> Iterator[str]:
    """The operator's own namespace."""
    name = "cluster-role-home"
    cluster.kubectl("delete", "namespace", name, "--ignore-not-found")
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def role_kubeconfig(cluster: Cluster, home: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig with the rights that deploy/ gives the cluster role, and no others."""
    cluster.kubectl("create", "serviceaccount", ACCOUNT, "-n", home)
    manifests = [each for each in yaml.safe_load_all(RIGHTS.read_text()) if each]
    for each in manifests:
        for subject in each.get("subjects", ()):
            subject.update(name=ACCOUNT, namespace=home)
    content = {"apiVersion": "v1", "kind": "List", "items": manifests}
    cluster.kubectl("apply", "-n", home, "-f", "-", input=json.dumps(content))
    token = cluster.kubectl("create", "token", ACCOUNT, "-n", home, "--duration=8h").stdout.strip()
    path = tmp_path_factory.mktemp("cluster-role") / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(kubeconfig.with_token(cluster.kubeconfig.read_text(), token))
    return path


@pytest.fixture(scope="module")
def role_process(
    home: str, role_kubeconfig: Path, log_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """The operator; it ends with each file of tests, for it prunes what those of the hub write."""
    process = OperatorProcess(
        config=build_config(home),
        kubeconfig=role_kubeconfig,
        folder=tmp_path_factory.mktemp("role"),
        log=log_folder / "cluster-role.log",
        roles="cluster",
    )
    yield process
    process.kill()
    assert process.find_secrets() == []


@pytest.fixture
def role(role_process: OperatorProcess) -> OperatorProcess:
    """The operator, which runs."""
    role_process.start()
    return role_process


@pytest.fixture
def istiod(cluster: Cluster, home: str, namespace: str) -> Iterator[Istiod]:
    """An istiod in the test's own namespace, that is yet to be installed."""
    istiod = Istiod(cluster=cluster, namespace=namespace, home=home)
    yield istiod
    istiod.uninstall()


@pytest.fixture
def kubelet(cluster: Cluster, namespace: str) -> Iterator[Kubelet]:
    """What makes the pods of the test's own namespace ready."""
    with run_kubelet(cluster, namespace) as kubelet:
        yield kubelet


@pytest.fixture
def lone_istiod(istiod: Istiod, kubelet: Kubelet) -> Istiod:
    """An istiod that serves its own namespace alone."""
    del kubelet
    selector = {"matchLabels": {"kubernetes.io/metadata.name": istiod.namespace}}
    istiod.configure(json.dumps({"discoverySelectors": [selector]}))
    istiod.may_publish_roots()
    istiod.install()
    return istiod


@pytest.fixture
def workloads(cluster: Cluster, namespace: str, kubelet: Kubelet) -> Workloads:
    """The workloads of the test's own namespace, whose pods become ready."""
    del kubelet
    return Workloads(cluster, namespace)


@pytest.fixture
def bounce(cluster: Cluster, home: str, namespace: str) -> Iterator[Bounce]:
    """A directive in the operator's own namespace, that is yet to be created."""
    bounce = Bounce(cluster, namespace=home, name=namespace)
    yield bounce
    bounce.delete()

"""A second cluster beside the one that the hub runs in, as real as that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed import Cluster, Testbed, debian
from testbed.progress import Progress
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters import registration
from tests.integration.hub.clusters.registration import Registrar, build_kubeconfig, make_token
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.kube_writes import create_namespace, delete_object
from tests.session import CRDS, shown

ACCOUNT = "istiod-service-account"


@pytest.fixture(scope="session")
def second(bed: Testbed) -> Cluster:
    """A second cluster, prepared for the hub."""
    bed.up(["cluster2"], vault=None, nodes=False, audit=True)
    cluster = bed.cluster("cluster2")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)
    registration.prepare(cluster)
    return cluster


@pytest.fixture(scope="session")
def docs_tools(request: pytest.FixtureRequest) -> None:
    """Install what the pages call, where it is missing: whoever has a testbed is root."""
    with shown(request):
        debian.ensure(debian.DOCS_TOOLS, Progress())


@pytest.fixture
def registrar(cluster: Cluster) -> Iterator[Registrar]:
    """Who registers clusters; none is left."""
    registrar = Registrar(cluster)
    registrar.clear()
    yield registrar
    registrar.clear()


@pytest.fixture
def kubeconfig(second: Cluster) -> str:
    """The second cluster's, with a token of the hub's account there."""
    return build_kubeconfig(second, make_token(second))


@pytest.fixture
def remote(second: Cluster, namespace: str) -> Iterator[Certificate]:
    """That of a mesh in the second cluster, in a namespace as the test's."""
    create_namespace(second, namespace)
    put_mesh(second, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    yield Certificate(cluster=second, namespace=namespace)
    delete_object(second, "namespaces", "", namespace)


@pytest.fixture
def names2(namespace: str) -> Names:
    """Names of the test's own for the second cluster."""
    suffix = namespace.removeprefix("test-")
    return build_names(suffix, mesh_namespace=namespace, cluster="cluster2")


@pytest.fixture
def victim(
    operator: OperatorProcess,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    names2: Names,
    namespace: str,
) -> Certificate:
    """The IssuedCertificate of the hub's own cluster, whose upkeep must not suffer.

    Each cluster has a policy of its own; that of the hostile one works at first.
    """
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    registrar.register("cluster2", kubeconfig)
    make_policy(names, name="victim")
    make_policy(names2, name="hostile")
    remote.wait_for()
    found = Certificate(cluster=cluster, namespace=namespace)
    found.wait_for()
    return found

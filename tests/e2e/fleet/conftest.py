"""Three clusters with nodes: the hub in one, a mesh of one policy in each of the two others.

The testbed is that of the integration tests (N of TESTS_RANGE=N), with names of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from testbed import Cluster, Testbed, VaultOptions
from tests import session
from tests.e2e.fleet.fleet import LABEL, MANAGEMENT, WORKLOADS, Fleet, do_at_once
from tests.e2e.fleet.member import Member
from tests.e2e.fleet.telling import Tell
from tests.e2e.helm import Helm
from tests.e2e.istiod import forget_roots
from tests.e2e.operator_pod import IMAGE, deploy_cluster_role, deploy_operator
from tests.e2e.operator_pod import NAMESPACE as OPERATORS
from tests.integration.contexts import write_contexts
from tests.integration.hub.root import Root, make_root
from tests.integration.vault_calls import build_ask
from tests.session import CRDS, REPOSITORY

NAMES = (MANAGEMENT, *WORKLOADS)


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A testbed whose nodes have the images of istiod, of its workloads' agent, and ours."""

    def bring_up(bed: Testbed) -> None:
        archives = [*bed.provide_istio().archives, bed.build_image(REPOSITORY, IMAGE).archive]
        bed.up(NAMES, vault=VaultOptions(kind=session.VAULT))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: bed.load_images(name, archives), NAMES))

    yield from session.hold_testbed(request, session.RANGE, bring_up)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """A root with a name that Vault would encode in other bytes, were it not told to keep them."""
    name = "/C=DE/O=Beispiel GmbH+OU=Straße/CN=Wurzel für alle"
    return make_root(tmp_path_factory.mktemp("root"), subject=name)


@pytest.fixture(scope="session")
def fleet(bed: Testbed, root: Root, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Everything as docs/clusters.md tells, and the policy Ready."""
    members = [_build_member(bed, name, tmp_path_factory) for name in NAMES]
    # The operators of a run that kept the testbed would undo what is cleaned.
    do_at_once(_stop_operators, members)
    do_at_once(_begin, members)
    vault = bed.vaults[session.VAULT]
    vault.restart()
    admin = build_ask(vault, vault.root_token)
    root.import_into(admin)
    assert admin("GET", "pki/ca/pem").text.strip() == root.certificate.read_text().strip()
    clusters = [each.cluster for each in members]
    mgmt, east, west = members
    fleet = Fleet(
        mgmt=mgmt,
        east=east,
        west=west,
        hub=deploy_operator(mgmt.cluster, vault, admin, tmp_path_factory.mktemp("hub")),
        vault=vault,
        admin=admin,
        kubeconfig=write_contexts(tmp_path_factory.mktemp("person") / "kubeconfig", clusters),
    )

    def join(member: Member) -> None:
        deploy_cluster_role(member.cluster, tmp_path_factory.mktemp(member.name))
        labels = [f"--label={name}={value}" for name, value in LABEL.items()]
        words = (member.name, f"--context={member.name}", f"--hub-context={mgmt.name}", *labels)
        done = fleet.run("cluster join", *words)
        assert done.code == 0, done.err
        member.install_istiod()

    fleet.apply_policy()
    do_at_once(join, fleet.both)
    fleet.policy.wait_for("Ready", "True", seconds=90)
    return fleet


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Show what was measured, also when all is well."""

    def tell(text: str) -> None:
        with session.shown(request):
            print(text)

    return tell


@pytest.fixture(scope="module")
def stranger(fleet: Fleet) -> Iterator[Member]:
    """The management cluster with an istiod that made a root for itself: a third mesh."""
    forget_roots(fleet.mgmt.cluster)
    fleet.mgmt.install_self_signed_istiod()
    yield fleet.mgmt
    fleet.mgmt.helm.uninstall_istiod()
    forget_roots(fleet.mgmt.cluster)


def _build_member(bed: Testbed, name: str, folders: pytest.TempPathFactory) -> Member:
    cluster = bed.cluster(name)
    helm = Helm(
        istio=bed.provide_istio(),
        kubeconfig=cluster.kubeconfig,
        folder=folders.mktemp(f"helm-{name}"),
        tools=bed.tools(),
    )
    return Member(cluster=cluster, helm=helm)


def _stop_operators(member: Member) -> None:
    for kind in ("deployments", "pods"):
        member.cluster.kubectl("delete", kind, "--all", "-n", OPERATORS)
    secrets = ("delete", "secrets", "-l", "istio/multiCluster=true", "-n", OPERATORS)
    member.cluster.kubectl(*secrets)


def _begin(member: Member) -> None:
    """Have our kinds, istio's, and nothing of a run that kept the testbed."""
    cluster: Cluster = member.cluster
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)
    kinds = "rtp,meshes,issuedcertificates,podbouncedirectives"
    cluster.kubectl("delete", kinds, "--all", "--all-namespaces")
    member.helm.uninstall_istiod()
    forget_roots(cluster)
    member.prepare()

"""A real API server and a real Vault, one of each for the whole session.

They have a state folder and an address range of their own, so a testbed that somebody uses by hand
is left alone; tests/session.py tells which, and what the environment may say.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from testbed import Cluster, Testbed, Vault, VaultOptions, kubeconfig
from testbed.cache import Cache, default_folder
from testbed.parts import PILOT_DISCOVERY, Workshop
from testbed.progress import Progress
from tests import session
from tests.integration.audit.course import BEGUN, Session, record_windows
from tests.integration.kube_writes import create_namespace, delete_object
from tests.session import CRDS, REPOSITORY

CLUSTER = "cluster1"
RIGHTS = REPOSITORY / "deploy/base"
# A Vault that is stopped and sealed has a testbed of its own: the other one's forgets everything.
_FILE_RANGE = session.RANGE + 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    session.skip_without_testbed(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A testbed with one control plane and a Vault; it is taken down whatever happens."""

    def bring_up(bed: Testbed) -> None:
        bed.up([CLUSTER], vault=VaultOptions(kind=session.VAULT), nodes=False, audit=True)

    request.session.stash[BEGUN] = datetime.now(UTC)
    yield from session.hold_testbed(request, session.RANGE, bring_up)


@pytest.fixture(scope="session")
def cluster(bed: Testbed) -> Cluster:
    """A cluster that serves the project's kinds."""
    cluster = bed.cluster(CLUSTER)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)
    return cluster


@pytest.fixture(scope="session")
def vault(bed: Testbed) -> Vault:
    """The Vault of all tests: use a mount of your own, or ask for `empty_vault`."""
    return bed.vaults[session.VAULT]


@pytest.fixture
def empty_vault(vault: Vault) -> Vault:
    """The same Vault, with nothing in it."""
    vault.restart()
    return vault


@pytest.fixture(scope="session")
def file_vault(request: pytest.FixtureRequest, bed: Testbed) -> Iterator[Vault]:
    """A Vault that keeps its data in files, and comes back sealed after a stop."""
    state = session.find_state(_FILE_RANGE)
    second = Testbed(state, network=_FILE_RANGE)
    with session.hold_lock(state, shared=False):
        with session.shown(request):
            second.up([], vault=VaultOptions(kind=session.VAULT, storage="file"))
        yield second.vaults[session.VAULT]
        with session.shown(request):
            second.down()
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="session")
def pilot_discovery(request: pytest.FixtureRequest) -> Path:
    """istiod's program, which takes minutes to build the first time."""
    with session.shown(request):
        return Workshop(Cache(default_folder()), Progress()).binary(PILOT_DISCOVERY)


@pytest.fixture
def audited(request: pytest.FixtureRequest, bed: Testbed) -> Session:
    """What the product has asked of the API servers in this run."""
    return Session(request=request, bed=bed)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    create_namespace(cluster, name)
    yield name
    delete_object(cluster, "namespaces", "", name)


@pytest.fixture(scope="session")
def hub_kubeconfig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig with the rights that deploy/ gives the hub, in its namespace gloo-mesh."""
    cluster.kubectl("apply", "-f", RIGHTS / "namespace.yaml")
    for file in ("rbac.yaml", "reviewer.yaml"):
        cluster.kubectl("apply", "--namespace=gloo-mesh", "-f", RIGHTS / file)
    token = cluster.kubectl(
        "create", "token", "roottrust-hub", "--namespace=gloo-mesh", "--duration=8h"
    ).stdout.strip()
    path = tmp_path_factory.mktemp("hub") / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(kubeconfig.with_token(cluster.kubeconfig.read_text(), token))
    return path


@pytest.fixture(scope="session")
def log_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where processes that tests start write NAME.log: a failure shows their ends."""
    folder = tmp_path_factory.mktemp("logs")
    request.session.stash[session.LOGS] = folder
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    with record_windows(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    session.add_report(item, report)
    return report

"""A real API server and a real Vault, one of each for the whole session.

They have a state folder and an address range of their own, so a testbed that somebody uses by hand
is left alone. Environment:

ROOTTRUST_TEST_KEEP=1        leave the testbed up, and use it again the next time
ROOTTRUST_TEST_RANGE=N       the first of its networks 10.N to 10.N+5 (default 87); two runs at
                             once need two numbers, six or more apart
ROOTTRUST_TEST_VAULT=hashicorp  HashiCorp's Vault instead of OpenBao
ROOTTRUST_REQUIRE_TESTBED=1  fail instead of skipping where there can be no testbed; so does CI=true
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Testbed, TestbedError, Vault, VaultOptions, kubeconfig
from testbed.preflight import check_machine
from testbed.programs import tail
from testbed.report import build_report
from testbed.vault import Kind

CLUSTER = "cluster1"
_FOLDER = Path(__file__).parent
REPOSITORY = _FOLDER.parents[1]
CRDS = REPOSITORY / "crds"
RIGHTS = REPOSITORY / "deploy/base"
KINDS = ("roottrustpolicies", "meshes", "issuedcertificates", "podbouncedirectives")

_RANGE = int(os.environ.get("ROOTTRUST_TEST_RANGE", "87"))
_STATE = Path(f"/var/lib/roottrust-tests-{_RANGE}")
# A Vault that is stopped and sealed has a testbed of its own: the other one's forgets everything.
_FILE_RANGE = _RANGE + 3
_FILE_STATE = Path(f"/var/lib/roottrust-tests-{_FILE_RANGE}")
_LOCKS = Path("/run/lock")
_KEEPS = os.environ.get("ROOTTRUST_TEST_KEEP") == "1"
_VAULT: Kind = "hashicorp" if os.environ.get("ROOTTRUST_TEST_VAULT") == "hashicorp" else "openbao"
_REQUIRES = bool(os.environ.get("CI") or os.environ.get("ROOTTRUST_REQUIRE_TESTBED"))

_logs = pytest.StashKey[Path]()
_bed = pytest.StashKey[Testbed]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs real parts where there can be none; pytest tells it once for each file."""
    trouble = _find_trouble()
    if trouble is None or _REQUIRES:
        return
    for item in items:
        if item.path.is_relative_to(_FOLDER):
            item.add_marker(pytest.mark.skip(reason=f"{trouble} The unit tests do not."))


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A testbed with one control plane and OpenBao; it is taken down whatever happens."""
    trouble = _find_trouble()
    if trouble is not None:
        pytest.exit(f"testbed: {trouble}", returncode=1)
    # A run that is told to end takes down what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _hold_lock(_STATE):
        try:
            yield _bring_up(request)
        finally:
            if not _KEEPS:
                _take_down(request)


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
    return bed.vaults[_VAULT]


@pytest.fixture
def empty_vault(vault: Vault) -> Vault:
    """The same Vault, with nothing in it."""
    vault.restart()
    return vault


@pytest.fixture(scope="session")
def file_vault(request: pytest.FixtureRequest, bed: Testbed) -> Iterator[Vault]:
    """A Vault that keeps its data in files, and comes back sealed after a stop."""
    second = Testbed(_FILE_STATE, network=_FILE_RANGE)
    with _hold_lock(_FILE_STATE, shared=False):
        with _shown(request):
            second.up([], vault=VaultOptions(kind=_VAULT, storage="file"))
        yield second.vaults[_VAULT]
        with _shown(request):
            second.down()
        shutil.rmtree(_FILE_STATE, ignore_errors=True)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def hub_kubeconfig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig with the rights that deploy/ gives the hub, in its namespace gloo-mesh."""
    cluster.kubectl("apply", "-f", RIGHTS / "namespace.yaml")
    cluster.kubectl("apply", "--namespace=gloo-mesh", "-f", RIGHTS / "rbac.yaml")
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
    request.session.stash[_logs] = folder
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the real parts say beside the first failure; the others have the same reasons."""
    report = yield
    bed = item.session.stash.get(_bed, None)
    if report.failed and bed is not None:
        del item.session.stash[_bed]
        report.sections.append(("testbed", build_report(bed, kinds=KINDS)))
        folder = item.session.stash.get(_logs, None)
        for log in sorted(folder.glob("*.log")) if folder else []:
            report.sections.append((log.name, tail(log, lines=60)))
    return report


def _bring_up(request: pytest.FixtureRequest) -> Testbed:
    with _shown(request):
        bed = Testbed(_STATE, network=_RANGE)
        try:
            bed.up([CLUSTER], vault=VaultOptions(kind=_VAULT), nodes=False)
        except TestbedError as error:
            pytest.exit(f"testbed: {error}", returncode=1)
    request.session.stash[_bed] = bed
    return bed


def _take_down(request: pytest.FixtureRequest) -> None:
    with _shown(request):
        Testbed(_STATE, network=_RANGE).down()
    shutil.rmtree(_STATE, ignore_errors=True)


def _find_trouble() -> str | None:
    """Say why there can be no testbed here; None if there can."""
    try:
        check_machine()
    except TestbedError as error:
        return str(error)
    return None


@contextlib.contextmanager
def _hold_lock(state: Path, *, shared: bool = _KEEPS) -> Iterator[None]:
    """Share a testbed among runs that keep it, and with nobody if it is taken down at the end."""
    _LOCKS.mkdir(exist_ok=True)
    with (_LOCKS / state.name).open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.exit(
                f"Another run of the tests uses {state.name}: wait for its end, or set "
                "ROOTTRUST_TEST_RANGE to another number.",
                returncode=1,
            )
        yield


@contextlib.contextmanager
def _shown(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let progress be seen: the first time builds for minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        print()
        yield

"""A testbed that one run of the tests has for itself: its place, its lock, its report.

Environment:

TESTS_KEEP=1             leave testbeds up, and use them again the next time
TESTS_RANGE=N            the first of their networks 10.N to 10.N+5 (default 80); `make test` runs
                         pytest several times at once, on N, N+6 and N+12
TESTS_VAULT=hashicorp    HashiCorp's Vault instead of OpenBao
TESTS_REQUIRE_TESTBED=1  fail instead of skipping where there can be no testbed; so does CI=true

None begins with ROOTTRUST_: an operator would take it for a key of its configuration.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed import Testbed, TestbedError
from testbed.preflight import check_machine
from testbed.programs import tail
from testbed.report import build_report
from testbed.vault import Kind

REPOSITORY = Path(__file__).parents[1]
CRDS = REPOSITORY / "crds"
KINDS = ("roottrustpolicies", "meshes", "issuedcertificates", "podbouncedirectives")

RANGE = int(os.environ.get("TESTS_RANGE", "80"))
VAULT: Kind = "hashicorp" if os.environ.get("TESTS_VAULT") == "hashicorp" else "openbao"
KEEPS = os.environ.get("TESTS_KEEP") == "1"
REQUIRES = bool(os.environ.get("CI") or os.environ.get("TESTS_REQUIRE_TESTBED"))

_MISNAMED = [name for name in os.environ if name.startswith("ROOTTRUST_TEST_")]
if _MISNAMED:  # a run on other networks, or with another Vault, than was asked for
    pytest.exit(f"{', '.join(_MISNAMED)}: the tests' variables begin with TESTS_.", returncode=1)

LOGS = pytest.StashKey[Path]()
_BED = pytest.StashKey[Testbed]()
_LOCKS = Path("/run/lock")


def skip_without_testbed(items: list[pytest.Item], folder: Path) -> None:
    """Skip what needs real parts where there can be none; pytest tells it once for each file."""
    trouble = _find_trouble()
    if trouble is None or REQUIRES:
        return
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.skip(reason=f"{trouble} The unit tests do not."))


def find_state(number: int) -> Path:
    """Say where the testbed of a range keeps what is up."""
    return Path(f"/var/lib/roottrust-tests-{number}")


def hold_testbed(
    request: pytest.FixtureRequest, number: int, bring_up: Callable[[Testbed], None]
) -> Iterator[Testbed]:
    """Give a testbed that is brought up, and taken down whatever happens."""
    trouble = _find_trouble()
    if trouble is not None:
        pytest.exit(f"testbed: {trouble}", returncode=1)
    # A run that is told to end takes down what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    state = find_state(number)
    bed = Testbed(state, network=number)
    with hold_lock(state):
        try:
            with shown(request):
                _bring_up(bed, bring_up)
            request.session.stash[_BED] = bed
            yield bed
        finally:
            if not KEEPS:
                with shown(request):
                    bed.down()
                shutil.rmtree(state, ignore_errors=True)


def add_report(item: pytest.Item, report: pytest.TestReport) -> None:
    """Show what the real parts say beside the first failure; the others have the same reasons."""
    bed = item.session.stash.get(_BED, None)
    if not report.failed or bed is None:
        return
    del item.session.stash[_BED]
    report.sections.append(("testbed", build_report(bed, kinds=KINDS)))
    folder = item.session.stash.get(LOGS, None)
    for log in sorted(folder.glob("*.log")) if folder else []:
        report.sections.append((log.name, tail(log, lines=60)))


@contextlib.contextmanager
def hold_lock(state: Path, *, shared: bool = KEEPS) -> Iterator[None]:
    """Share a testbed among runs that keep it, and with nobody if it is taken down at the end."""
    _LOCKS.mkdir(exist_ok=True)
    with (_LOCKS / state.name).open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.exit(
                f"Another run of the tests uses {state.name}: wait for its end, or set "
                "TESTS_RANGE to another number.",
                returncode=1,
            )
        yield


@contextlib.contextmanager
def shown(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let progress be seen: the first time builds for minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        print()
        yield


def _bring_up(bed: Testbed, bring_up: Callable[[Testbed], None]) -> None:
    try:
        bring_up(bed)
    except TestbedError as error:
        pytest.exit(f"testbed: {error}", returncode=1)


def _find_trouble() -> str | None:
    """Say why there can be no testbed here; None if there can."""
    try:
        check_machine()
    except TestbedError as error:
        return str(error)
    return None

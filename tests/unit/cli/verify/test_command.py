"""The command line of `roottrust verify`: usage, exit codes, and what goes where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Called

from roottrust.cli.verify import command as command_module
from roottrust.cli.verify.reach import Way
from roottrust.cli.verify.report import VerifyReport
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.domain.verification import Check
from tests.unit.cli.verify.reports import DIFFERENT, OK, UNKNOWN, build

Call = Callable[..., Called]


@dataclass
class Runs:
    """What would be verified: it ends with a report, or fails as a test says."""

    report: VerifyReport = field(default_factory=lambda: build(OK))
    failure: Exception | None = None
    options: list[Any] = field(default_factory=list)

    async def run(self, options: Any, own: Any, *, tell: Callable[[str], None], **_: Any) -> Any:
        del own
        self.options.append(options)
        tell("a note")
        if self.failure is not None:
            raise self.failure
        return self.report


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(command_module, "run_verify", runs.run)
    return runs


@pytest.mark.parametrize(
    ("report", "code"),
    [(build(OK), 0), (build(OK, UNKNOWN), 1), (build(OK, UNKNOWN, DIFFERENT), 2)],
)
def test_the_exit_code_says_what_came_of_it(
    call: Call, runs: Runs, report: VerifyReport, code: int
) -> None:
    runs.report = report
    assert call("verify").exit_code == code


def test_stdout_has_the_result_alone(call: Call, runs: Runs) -> None:
    done = call("verify", "-o", "json")
    assert json.loads(done.stdout)["result"] == "Verified"
    assert done.stderr == "Note: a note\n"
    assert "\033[" not in call("verify").stdout
    assert "\033[" in call("verify", "--color=always").stdout


def test_options_reach_the_run(call: Call, runs: Runs, tmp_path: Path) -> None:
    root = tmp_path / "root-cert.pem"
    root.touch()
    call(
        *("verify", "cluster1", "-n", "istio-system", "--root", root, "--skip", "vault"),
        *("--skip", "workload", "--via", "pod-ip", "--exclude-namespace", "a*"),
        *("--service-account", "a/b", "--timeout", "3"),
    )
    (options,) = runs.options
    assert (options.cluster, options.namespace, options.root) == ("cluster1", "istio-system", root)
    assert options.skipped == {Check.VAULT_ROOT, Check.WORKLOAD_CERTIFICATE}
    assert (options.way, options.excluded) == (Way.POD_IP, ("a*",))
    assert (options.account, options.timeout_seconds) == ("a/b", 3)


def test_a_failure_is_a_line_and_wrong_usage_is_1(call: Call, runs: Runs) -> None:
    runs.failure = DependencyMissingError("No one.", reason=Reason.API_UNREACHABLE)
    done = call("verify")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("Error: No one.\n")
    assert call("verify", "--skip", "all").exit_code == 1
    assert call("verify", "--timeout", "0").exit_code == 1


def test_the_help_tells_what_is_compared_and_the_exit_codes(call: Call) -> None:
    done = call("verify", "--help")
    assert done.exit_code == 0
    assert "roottrust verify --root root-cert.pem" in done.stdout
    assert "2  something is not as pinned (different)" in done.stdout

"""The command line of `roottrust plan`: usage, colours, and what goes where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Called

from roottrust.cli.plan import command as command_module
from roottrust.cli.plan.report import FieldReport, ObjectReport, PlanReport, Result, Summary
from roottrust.cli.plan.yaml_documents import DocumentsError
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.runtime.settings_file import SettingsError
from tests.unit.cli.plan.test_render import build_policy

Call = Callable[..., Called]

CHANGE = ObjectReport(
    action="update", kind="Role", path="r", fields=(FieldReport(name="f", before=1, after=2),)
)


@dataclass
class Runs:
    """What would be planned: it ends with a result, or fails as a test says."""

    result: Result = Result.CHANGES
    failure: Exception | None = None
    options: list[Any] = field(default_factory=list)

    async def run(self, options: Any, own: Any, *, tell: Callable[[str], None], now: Any) -> Any:
        del own, now
        self.options.append(options)
        tell("a note")
        if self.failure is not None:
            raise self.failure
        numbers = dict.fromkeys(("create", "delete", "kubernetes", "conflicts"), 0)
        return PlanReport(
            planned_at=datetime(2026, 1, 1, tzinfo=UTC),
            result=self.result,
            summary=Summary(policies=1, update=1, hindered_policies=0, **numbers),
            policies=(build_policy(vault=(CHANGE,)),),
        )


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(command_module, "run_plan", runs.run)
    return runs


@pytest.mark.parametrize(
    ("result", "code"), [(Result.NO_CHANGES, 0), (Result.FAILED, 1), (Result.CHANGES, 2)]
)
def test_the_exit_code_tells_the_result(call: Call, runs: Runs, result: Result, code: int) -> None:
    runs.result = result
    assert call("plan").exit_code == code


@pytest.mark.parametrize(
    "words", [["--unknown"], ["-o", "yaml"], ["a", "-f", "x.yaml"], ["--config", "/missing"]]
)
def test_wrong_usage_is_never_taken_for_changes(call: Call, runs: Runs, words: list[str]) -> None:
    done = call("plan", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Error: " in done.stderr
    assert runs.options == []


def test_stdout_has_the_result_alone(call: Call, runs: Runs) -> None:
    done = call("plan", "-o", "json")
    assert json.loads(done.stdout)["formatVersion"] == "1.2"
    assert done.stderr == "Note: a note\n"


def test_colours_are_for_terminals_and_for_whom_asks(call: Call, runs: Runs) -> None:
    assert "\033[" not in call("plan").stdout
    assert "\033[" not in call("plan", "--color=never").stdout
    assert "\033[" in call("plan", "--color=always").stdout


@pytest.mark.parametrize(
    ("failure", "lines"),
    [
        (DocumentsError(["a", "b"]), ["Error: a", "Error: b"]),
        (SettingsError(("x: is required",)), ["Error: x: is required"]),
        (DependencyMissingError("No one.", reason=Reason.API_UNREACHABLE), ["Error: No one."]),
    ],
)
def test_failures_are_lines_without_a_trace(
    call: Call, runs: Runs, failure: Exception, lines: list[str]
) -> None:
    runs.failure = failure
    done = call("plan")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == ["Note: a note", *lines]


def test_the_configuration_is_that_of_the_cluster_unless_one_is_named(
    call: Call, runs: Runs, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("plan", "-n", "team", "mine", "--operator-namespace", "ops")
    call("plan", "--config", config)
    monkeypatch.setenv("ROOTTRUST_CONFIG", str(config))
    call("plan")
    assert [each.is_configured for each in runs.options] == [False, True, True]
    first = runs.options[0]
    assert (first.namespace, first.names, first.operator_namespace) == ("team", ("mine",), "ops")


def test_kubectl_s_own_configuration_is_found_where_none_is_named(
    call: Call, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    call("plan")
    path = tmp_path / ".kube" / "config"
    path.parent.mkdir()
    path.touch()
    call("plan")
    monkeypatch.setenv("KUBECONFIG", "other")
    call("plan")
    assert [each.kubeconfig for each in runs.options] == [None, path, None]


@pytest.mark.parametrize(
    "words",
    [
        "roottrust plan -f policy.yaml",
        "2  changes, all of which can be made",
        "VAULT_TOKEN, or ~/.vault-token",
        "deploy/vault/roottrust-plan.hcl",
        "NO_COLOR",
    ],
)
def test_help_teaches_by_examples_exit_codes_and_environment(call: Call, words: str) -> None:
    done = call("plan", "--help")
    assert done.exit_code == 0
    assert words in done.output

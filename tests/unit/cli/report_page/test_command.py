"""The command line of `roottrust report`: where the page goes, exit codes, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result as Called

from roottrust.cli.report_page import command as command_module
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from tests.unit.cli.report_page.parsed import parse
from tests.unit.cli.status.objects import build_conditions, build_policy, find
from tests.unit.cli.told_states import NotedStates

Call = Callable[..., Called]

WELL = find(build_policy())
UNFINISHED = find(build_policy(conditions=build_conditions(Ready="Unknown")))
FAULTY = find(build_policy(conditions=build_conditions(Ready="False")))
AWAY = TransientError("It is away.", reason=Reason.API_UNREACHABLE)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> NotedStates:
    cluster = NotedStates(states=[WELL])
    monkeypatch.setattr(command_module, "open_reader", cluster.open)
    return cluster


@pytest.mark.parametrize(("state", "code"), [(WELL, 0), (UNFINISHED, 1), (FAULTY, 2)])
def test_the_page_is_written_whatever_it_comes_to(
    call: Call, cluster: NotedStates, tmp_path: Path, state: FoundObjects, code: int
) -> None:
    cluster.states = [state]
    path = tmp_path / "report.html"
    done = call("report", "-o", path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert parse(path.read_text(encoding="utf-8")).find("map")


def test_what_it_comes_to_is_told_beside_it(
    call: Call, cluster: NotedStates, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    done = call("report", "-o", path)
    words = f"{path}: All is well: 1 of 1 policy well, 1 of 1 mesh ready."
    assert done.stderr == f"Note: a note\n{words}\n"


def test_stdout_has_the_page_alone_with_the_notes_on_it(call: Call, cluster: NotedStates) -> None:
    done = call("report", "-o", "-")
    assert done.stdout.startswith("<!doctype html>\n<html lang=")
    assert "a note" in parse(done.stdout).list_all("header")[0].text


def test_options_reach_the_reader_and_the_page_says_what_it_is_of(
    call: Call, cluster: NotedStates
) -> None:
    words = ("fleet", "-n", "team", "--operator-namespace", "ops", "--context", "mgmt")
    done = call("report", "-o", "-", *words)
    (choice,) = cluster.choices
    assert (choice.name, choice.namespace) == ("fleet", "team")
    assert (choice.operator_namespace, choice.context) == ("ops", "mgmt")
    assert "Policies of the name fleet in namespace team, as of" in parse(done.stdout).text


def test_a_failure_leaves_the_page_of_before(
    call: Call, cluster: NotedStates, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")
    cluster.states = [AWAY]
    done = call("report", "-o", path)
    assert (done.exit_code, path.read_text()) == (1, "before")
    assert done.stderr.endswith("Error: It is away.\n")


def test_what_cannot_be_written_is_told(call: Call, cluster: NotedStates, tmp_path: Path) -> None:
    path = tmp_path / "none" / "report.html"
    done = call("report", "-o", path)
    assert done.exit_code == 1
    assert done.stderr.endswith(f"Error: {path} cannot be written: No such file or directory.\n")


def test_wrong_usage_is_1_and_the_help_tells_how(call: Call, cluster: NotedStates) -> None:
    assert call("report").exit_code == 1
    assert "'-o'" in call("report").stderr
    done = call("report", "--help")
    assert done.exit_code == 0
    assert "roottrust report -o report.html" in done.stdout
    assert "2  something is wrong; it goes before 1" in done.stdout

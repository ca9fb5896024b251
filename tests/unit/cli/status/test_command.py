"""The command line of `roottrust status`: usage, exit codes, what goes where, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result as Called

from roottrust.cli.status import command as command_module
from roottrust.cli.status import run as run_module
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.reasons import Reason
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

    async def sleep(_: float) -> None:
        """Wait for nothing."""

    monkeypatch.setattr(command_module, "open_reader", cluster.open)
    monkeypatch.setattr(run_module.asyncio, "sleep", sleep)
    return cluster


@pytest.mark.parametrize(("state", "code"), [(WELL, 0), (UNFINISHED, 1), (FAULTY, 2)])
def test_the_exit_code_says_what_it_comes_to(
    call: Call, cluster: NotedStates, state: FoundObjects, code: int
) -> None:
    cluster.states = [state]
    assert call("status").exit_code == code


def test_stdout_has_the_result_alone(call: Call, cluster: NotedStates) -> None:
    cluster.states = [WELL] * 3
    done = call("status", "-o", "json")
    assert json.loads(done.stdout)["result"] == "Well"
    assert done.stderr == "Note: a note\n"
    assert "\033[" not in call("status").stdout
    assert "\033[" in call("status", "--color=always").stdout


def test_options_reach_the_reader(call: Call, cluster: NotedStates) -> None:
    call("status", "fleet", "-n", "team", "--operator-namespace", "ops", "--context", "mgmt")
    (choice,) = cluster.choices
    assert (choice.name, choice.namespace) == ("fleet", "team")
    assert (choice.operator_namespace, choice.context) == ("ops", "mgmt")


def test_a_failure_is_a_line_and_wrong_usage_is_1(call: Call, cluster: NotedStates) -> None:
    cluster.states = [AWAY]
    done = call("status")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("Error: It is away.\n")
    assert call("status", "one", "two").exit_code == 1


@pytest.mark.parametrize(
    ("states", "code"), [((WELL,), 0), ((WELL, FAULTY), 2), ((FAULTY, AWAY), 1), ((AWAY, WELL), 1)]
)
def test_a_watch_ends_at_ctrl_c_with_the_code_of_what_was_seen_last(
    call: Call, cluster: NotedStates, states: tuple[FoundObjects | RootTrustError, ...], code: int
) -> None:
    """The last: one that cannot even begin ends at once."""
    cluster.states = list(states)
    done = call("status", "--watch")
    assert done.exit_code == code
    assert "Traceback" not in done.output


def test_a_watch_shows_what_changes_and_goes_on_after_a_failure(
    call: Call, cluster: NotedStates
) -> None:
    cluster.states = [WELL, WELL, AWAY, AWAY, FAULTY]
    done = call("status", "--watch", "-o", "json")
    lines = [json.loads(line)["result"] for line in done.stdout.splitlines()]
    assert lines == ["Well", "Faulty"]
    assert done.stderr == "Note: a note\nError: It is away.\n"
    cluster.states = [WELL, WELL, FAULTY]
    ends = [line for line in call("status", "-w").stdout.splitlines() if "1 policy" in line]
    assert [each.split(":")[0] for each in ends] == ["All is well", "Something is wrong"]


def test_the_help_tells_signs_and_exit_codes(call: Call) -> None:
    done = call("status", "--help")
    assert done.exit_code == 0
    assert "kubectl roottrust status" in done.stdout
    assert "2  something is wrong; it goes before 1" in done.stdout

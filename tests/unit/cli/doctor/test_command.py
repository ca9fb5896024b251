"""The command line of `roottrust doctor`: exit codes, what goes where, and what is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Called

from roottrust.cli.doctor import command as command_module
from roottrust.cli.doctor.finding import Check
from roottrust.cli.doctor.judge import judge
from roottrust.cli.doctor.render import PASSED_SHOWN, render_report
from roottrust.cli.doctor.run import Options
from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from tests.unit.cli.doctor.cases import DENIED, build_deployment, build_facts
from tests.unit.cli.status.objects import build_conditions, build_policy

Call = Callable[..., Called]

WELL = build_facts()
INCOMPLETE = build_facts(lease=DENIED)
FAULTY = build_facts(lease=DENIED, deployments=(build_deployment(replicas=0, available=0),))


class Cluster:
    """What would be looked at."""

    def __init__(self) -> None:
        self.facts: Any = WELL
        self.options: list[Options] = []

    async def run(self, options: Options, own: Any, *, tell: Any, now: Any) -> Any:
        del own, now
        self.options.append(options)
        tell("a note")
        if isinstance(self.facts, Exception):
            raise self.facts
        return self.facts, judge(self.facts, skips=options.skips)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    cluster = Cluster()
    monkeypatch.setattr(command_module, "run_doctor", cluster.run)
    return cluster


@pytest.mark.parametrize(("facts", "code"), [(WELL, 0), (INCOMPLETE, 1), (FAULTY, 2)])
def test_the_exit_code_says_what_it_comes_to(
    call: Call, cluster: Cluster, facts: Any, code: int
) -> None:
    cluster.facts = facts
    assert call("doctor").exit_code == code


def test_stdout_has_the_result_alone(call: Call, cluster: Cluster) -> None:
    done = call("doctor", "-o", "json")
    assert json.loads(done.stdout)["result"] == "Well"
    assert done.stderr == "Note: a note\n"
    assert "\033[" not in call("doctor").stdout
    assert "\033[" in call("doctor", "--color=always").stdout


def test_options_reach_the_run(call: Call, cluster: Cluster) -> None:
    call("doctor", "--skip", "clocks", "--operator-namespace", "ops", "--context", "mgmt")
    (options,) = cluster.options
    assert options.skips == (Check.CLOCKS,)
    assert (options.operator_namespace, options.context) == ("ops", "mgmt")
    assert call("doctor", "--skip", "nonsense").exit_code == 1


def test_without_a_cluster_there_is_a_line(call: Call, cluster: Cluster) -> None:
    cluster.facts = TransientError("It is away.", reason=Reason.API_UNREACHABLE)
    done = call("doctor")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("Error: It is away.\n")


def test_a_bundle_is_written_and_told(call: Call, cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    cluster.facts = FAULTY
    done = call("doctor", "--bundle", path)
    assert done.exit_code == 2
    assert path.exists()
    assert "Note: x.tar.gz has report.txt" in done.stderr
    done = call("doctor", "--bundle", tmp_path / "none" / "x.tar.gz")
    assert done.exit_code == 1
    assert "cannot be written (FileNotFoundError)" in done.stderr


def test_a_fault_has_its_reason_and_its_command_below_it(call: Call, cluster: Cluster) -> None:
    cluster.facts = FAULTY
    lines = call("doctor").stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if "it is scaled to 0" in line)
    assert lines[at + 1].endswith(
        "why: nobody renews, repairs or reports: what statuses say is of then"
    )
    assert lines[at + 2].endswith(
        "do: kubectl scale deployment roottrust-hub -n gloo-mesh --replicas=2"
    )
    assert "right: list it" in "\n".join(lines)
    assert lines[-1].startswith("Something needs a person: ")
    assert lines[-1].endswith("0 warn, 1 failed, 4 unknown.")


def test_of_what_is_well_the_first_are_shown_and_of_what_is_not_all() -> None:
    policies = tuple(build_policy(f"gloo-mesh/p{number}") for number in range(PASSED_SHOWN + 3))
    bad = tuple(
        build_policy(f"gloo-mesh/q{number}", conditions=build_conditions(Accepted="False"))
        for number in range(PASSED_SHOWN + 3)
    )
    text = render_report(judge(build_facts(policies=policies + bad)))
    assert "and 3 more that are well" in text
    assert text.count("Accepted is False") == PASSED_SHOWN + 3


def test_what_others_wrote_cannot_steer_a_terminal() -> None:
    policy = build_policy(warnings=["\033[2J gone"])
    text = render_report(judge(build_facts(policies=(policy,))))
    assert "\033[2J" not in text
    assert "\\x1b[2J gone" in text


def test_the_help_names_every_check_and_exit_code(call: Call) -> None:
    done = call("doctor", "--help")
    assert done.exit_code == 0
    assert [each for each in Check if f"  {each.value} " not in done.stdout] == []
    assert "2  something needs a person; it goes before 1" in done.stdout

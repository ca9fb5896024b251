"""The command line of `roottrust rotate intermediate`: usage, exit codes, what goes where."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result as Called

from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from tests.unit.cli.rotate.conftest import StandIn
from tests.unit.cli.rotate.progresses import OLD, RENEWED, find_here, find_renewing, find_there
from tests.unit.cli.status.objects import MESH, build_conditions, find_well

Call = Callable[..., Called]

AWAY = TransientError("It is away.", reason=Reason.API_UNREACHABLE)
CHANGE = "gloo-mesh/fleet: spec.rotation.intermediateGeneration: 1 → 2\n"
POINTER = "/spec/rotation/intermediateGeneration"
ROTATE = ("rotate", "intermediate")
WAY_ON = "It goes on: `roottrust rotate intermediate gloo-mesh/fleet --follow` follows it."


@pytest.fixture
def cluster(stand_in: StandIn) -> StandIn:
    stand_in.states = [find_well(), find_renewing(OLD), find_here(RENEWED)]
    return stand_in


def test_it_is_raised_and_followed_to_the_end(call: Call, cluster: StandIn) -> None:
    done = call(*ROTATE)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        f"{CHANGE}gloo-mesh/fleet: every istiod of 1 mesh serves an intermediate of generation 2.\n"
    )
    assert done.stderr.startswith(
        "Note: where gloo-mesh/fleet is kept in Git, commit spec.rotation"
    )
    assert f"cluster1/{MESH}: 1 of 1 istiod serve it\n" in done.stderr
    (patch,) = cluster.patches
    assert patch[-1] == {"op": "replace", "path": POINTER, "value": 2}
    assert (cluster.choices[1].name, cluster.choices[1].namespace) == (
        "gloo-mesh/fleet",
        "gloo-mesh",
    )


def test_a_dry_run_shows_the_change_and_makes_none(call: Call, cluster: StandIn) -> None:
    done = call(*ROTATE, "--dry-run")
    assert done.exit_code == 0
    assert done.stdout == (
        f"{CHANGE}Every istiod of 1 mesh obtains a new intermediate: cluster1/{MESH}. No workload "
        "restarts. Nothing was changed (--dry-run).\n"
    )
    assert cluster.patches == []


def test_one_cluster_is_rotated_alone(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_well(), find_well(), find_well()]
    words = ("--cluster", "cluster1", "--cluster", "cluster1", "--timeout", "0.001")
    done = call(*ROTATE, *words)
    (patch,) = cluster.patches
    assert patch[-1]["value"] == [{"name": "cluster1", "intermediateGeneration": 2}]
    assert done.stdout == "gloo-mesh/fleet: spec.rotation.clusters of cluster1: 1 → 2\n"
    assert "commit in spec.rotation.clusters {name: cluster1, intermediate" in done.stderr
    assert f"{WAY_ON.removesuffix('` follows it.')} --cluster cluster1` follows it." in done.stderr
    assert done.exit_code == 1
    cluster.states = [find_well()]
    done = call(*ROTATE, "--cluster", "nowhere")
    assert (done.exit_code, done.stdout, len(cluster.patches)) == (1, "", 1)
    assert "has no mesh in nowhere: its clusters are cluster1." in done.stderr


def test_whoever_does_not_wait_is_done_once_it_is_raised(call: Call, cluster: StandIn) -> None:
    done = call(*ROTATE, "--no-wait")
    assert (done.exit_code, done.stdout, len(cluster.patches)) == (0, CHANGE, 1)


@pytest.mark.parametrize(
    ("first", "words"), [(find_renewing(OLD), ()), (find_well(), ("--generation", "2"))]
)
def test_what_a_commit_raised_is_followed_and_nothing_is_written(
    call: Call, cluster: StandIn, first: FoundObjects, words: tuple[str, ...]
) -> None:
    cluster.states = [first, first, find_renewing(OLD), find_here(RENEWED)]
    done = call(*ROTATE, "--follow", *words)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "gloo-mesh/fleet: every istiod of 1 mesh serves an intermediate of generation 2.\n"
    )
    assert "kept in Git" not in done.stderr
    assert cluster.patches == []


@pytest.mark.parametrize(
    "words", [("--follow", "--dry-run"), ("--follow", "--no-wait"), ("--generation", "3")]
)
def test_to_follow_is_to_wait(call: Call, cluster: StandIn, words: tuple[str, ...]) -> None:
    done = call(*ROTATE, *words)
    assert (done.exit_code, done.stdout, cluster.choices) == (1, "", [])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (find_renewing(OLD), 1),
        (
            find_there(
                ready=1,
                conditions=build_conditions(
                    CertificatesIssued="False", CertificatesIssued_reason="AgentFailed"
                ),
            ),
            2,
        ),
    ],
)
def test_what_is_not_done_in_time_is_told_with_how_to_go_on(
    call: Call, cluster: StandIn, state: FoundObjects, code: int
) -> None:
    cluster.states = [find_well(), *[state] * 1000]
    done = call(*ROTATE, "--timeout", "0.01")
    assert done.exit_code == code
    assert done.stderr.endswith(
        f"Error: not done after 0.01 s: CertificatesIssued is told: see to it. {WAY_ON}\n"
    )


def test_ctrl_c_ends_the_watching_alone(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_well(), find_renewing(OLD)]
    done = call(*ROTATE)
    assert done.exit_code == 1
    assert done.stderr.endswith(f"\nNot followed any more. {WAY_ON}\n")
    assert "Traceback" not in done.output


def test_failures_are_lines_and_say_what_was_written(call: Call, cluster: StandIn) -> None:
    cluster.states = [AWAY]
    done = call(*ROTATE)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "Error: It is away.\n")
    cluster.states, cluster.refusals = [find_well()], [AWAY]
    done = call(*ROTATE)
    assert (done.exit_code, done.stderr) == (1, "Error: It is away.\n")
    denied = RootTrustError("You may not.", reason=Reason.ACCESS_DENIED)
    cluster.states, cluster.refusals = [find_well(), denied], []
    done = call(*ROTATE)
    assert done.exit_code == 1
    assert done.stderr.endswith(f"Error: You may not.\nError: {WAY_ON}\n")


def test_wrong_usage_is_1_and_the_help_tells_of_git(call: Call, cluster: StandIn) -> None:
    assert call(*ROTATE, "a", "b").exit_code == 1
    assert call(*ROTATE, "--timeout", "0").exit_code == 1
    done = call(*ROTATE, "--help")
    assert done.exit_code == 0
    assert "Where policies are kept in Git, commit the number there instead" in done.stdout

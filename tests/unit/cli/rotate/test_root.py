"""The command line of `roottrust rotate root`: refusals, exit codes, what goes where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result as Called

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.rotation_status import RotationStatus
from roottrust.cli.rotate import following, order_writing
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from tests.unit.cli.rotate.conftest import StandIn
from tests.unit.cli.rotating import (
    build_owner,
    build_resting,
    build_rotating,
    build_sharing,
    build_state,
    build_view,
)
from tests.unit.cli.status.objects import build_conditions, find
from tests.unit.domain.agent_entries import LATER

Call = Callable[..., Called]

ROTATE = ("rotate", "root")
POINTER = "/spec/rotation/rootGeneration"
CHANGE = "gloo-mesh/fleet: spec.rotation.rootGeneration: 1 → 2\n"
WAY_ON = "It goes on: `roottrust rotate root gloo-mesh/fleet --follow` follows it."
ENDED = {
    "generation": 2,
    "end": "Completed",
    "endedAt": "2030-01-01T00:00:00Z",
    "excluded": ["c7"],
}
DONE = {"rootGeneration": 2, "history": [ENDED]}
BACK = {"rootGeneration": 1, "rejectedGeneration": 2, "history": [{**ENDED, "end": "RolledBack"}]}


def find_resting(wanted: int = 1, **changes: Any) -> FoundObjects:
    return find(build_resting({"rootGeneration": 1, **changes}, wanted=wanted))


def find_proving(**spec: Any) -> FoundObjects:
    state = build_state()
    return find(build_rotating(state, build_view(state, late=1), spec=spec))


@pytest.fixture
def cluster(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    for module in (order_writing, following):
        monkeypatch.setattr(module, "now", _build_clock())
    stand_in.states = [
        find_resting(),
        find_resting(wanted=2),
        find_proving(),
        find(build_resting(DONE, wanted=2)),
    ]
    return stand_in


def _build_clock() -> Callable[[], Any]:
    """Return a clock that goes on by a second whenever it is read."""
    seconds = iter(range(10_000_000))
    return lambda: LATER + timedelta(seconds=next(seconds))


def test_it_is_raised_and_followed_to_the_end(call: Call, cluster: StandIn) -> None:
    done = call(*ROTATE)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        f"{CHANGE}gloo-mesh/fleet: the root of generation 2 is in use everywhere, and the one "
        "before may sign nothing any more. Left out were c7.\n"
    )
    assert cluster.patches == [
        (
            {"op": "test", "path": "/metadata/uid", "value": "u-1"},
            {"op": "test", "path": POINTER, "value": 1},
            {"op": "replace", "path": POINTER, "value": 2},
        )
    ]
    lines = done.stderr.splitlines()
    assert "The root of 1 mesh in 1 cluster is replaced: cluster1." in lines
    assert "commit spec.rotation.rootGeneration: 2 there" in done.stderr
    assert "waits: The rotation to generation 2 has not begun yet." in lines
    assert "rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove · Drop · Retire" in lines
    assert "cluster2: 0 of 1 mesh done" in lines


def test_the_outlook_comes_before_the_edit(call: Call, cluster: StandIn) -> None:
    cluster.refusals = [TransientError("It is away.", reason=Reason.API_UNREACHABLE)]
    done = call(*ROTATE)
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "  5. Drop: every mesh trusts the next root alone" in done.stderr
    assert done.stderr.endswith("Error: It is away.\n")


OUTLOOK = (
    CHANGE
    + """\
The root of 2 meshes in 2 clusters is replaced: cluster1, cluster3. They are also those of the \
policy that shares it: team-a/shop.
Stages (MultiRoot), each proven before the next:
  1. Prepare: Vault has the next root beside the one in use, checked
  2. Widen: every mesh trusts both roots
  3. Confirm: every workload is proven to trust both
  4. Sign: every istiod signs under the next root
  5. Prove: every workload is proven to have a leaf of the next root
  6. Drop: every mesh trusts the next root alone: from here on there is no way back
  7. Retire: in Vault the old root may sign nothing any more; it stays there until somebody \
removes it
Vault makes the next root in pki/ as issuer roottrust-g2.
Clusters follow in waves, in Sign, Widen and Drop: canary, then others.
A person is asked before Widen, Sign, Drop, Retire: `roottrust rotate approve gloo-mesh/fleet`.
Before Drop is approved, these must trust the next root: gateway (rotation.externalDependants).
It takes about three leaf lives one after the other: 24 hours each, unless SECRET_TTL of a \
workload says otherwise; a workload that is restarted has a new leaf at once. Soaking \
(rotation.soakSeconds) adds 9 hours. So does the time in which a person is waited for.
Nothing was changed (--dry-run).
"""
)


def test_a_dry_run_shows_what_is_going_to_happen(call: Call, cluster: StandIn) -> None:
    asked = {
        "rootGeneration": 1,
        "strategy": "MultiRoot",
        "verification": "Manual",
        "soakSeconds": 3600,
        "waves": [{"name": "canary", "clusters": ["cluster1"]}],
        "externalDependants": [{"name": "gateway"}],
    }
    policy = build_owner(asked, {}, rotation={"rootGeneration": 1})
    policy["spec"]["management"] = {"root": {"source": "Generate"}}
    cluster.states = [find(policy, build_sharing(RotationStatus(root_generation=1)))]
    done = call(*ROTATE, "fleet", "--dry-run")
    assert (done.exit_code, done.stdout, done.stderr, cluster.patches) == (0, OUTLOOK, "", [])


@pytest.mark.parametrize(
    ("root_of_policy", "words"),
    [
        (
            {"source": "Import", "secretRef": {"name": "next"}},
            "is taken from Secret next into pki/",
        ),
        ({}, "as an issuer of the name roottrust-g2; until then Prepare waits."),
    ],
)
def test_where_the_next_root_comes_from_is_told(
    call: Call, cluster: StandIn, root_of_policy: dict[str, Any], words: str
) -> None:
    policy = build_resting({"rootGeneration": 1})
    policy["spec"]["management"] = {"root": root_of_policy}
    cluster.states = [find(policy)]
    done = call(*ROTATE, "--dry-run")
    assert words in done.stdout
    assert "Nobody is asked (rotation.verification: None)." in done.stdout
    assert "two leaf lives one after the other (three with MultiRoot)" in done.stdout


def test_whoever_does_not_wait_is_done_once_it_is_raised(call: Call, cluster: StandIn) -> None:
    done = call(*ROTATE, "--no-wait")
    assert (done.exit_code, done.stdout, len(cluster.patches)) == (0, CHANGE, 1)


def test_a_rotation_that_is_under_way_is_followed_by_this_one(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_proving()]
    done = call(*ROTATE, "--no-wait")
    assert done.stdout == CHANGE.replace("1 → 2", "2 → 3")
    assert "The rotation to generation 2 is under way (Prove): that to generation 3" in done.stderr
    cluster.states = [find(build_rotating(build_state(Stage.PREPARE)))]
    done = call(*ROTATE, "--no-wait")
    assert "Generation 2 is still being prepared: generation 3 takes its place." in done.stderr


UNREADY = build_conditions(Ready="False", TrustPropagated="False")


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (
            find(build_sharing(RotationStatus(root_generation=1))),
            "for all that share it: `roottrust rotate root gloo-mesh/fleet`.",
        ),
        (find(build_resting({"rootGeneration": 1}, conditions=UNREADY)), "TrustPropagated is told"),
        (find(build_owner({"rootGeneration": 1}, {})), "The operator has not told yet which gen"),
        (find_resting(wanted=2), "asks for generation 2 already, and that rotation has not begun"),
        (find_proving(rootGeneration=3), "asks for generation 3 already, and that rotation has no"),
        (
            find(build_resting({"rootGeneration": 1}), build_sharing(build_state())),
            "Several policies are meant: name one of gloo-mesh/fleet, team-a/shop.",
        ),
    ],
)
def test_what_would_come_to_nothing_is_refused(
    call: Call, cluster: StandIn, states: FoundObjects, words: str
) -> None:
    cluster.states = [states]
    done = call(*ROTATE)
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert words in done.stderr


def test_an_observed_policy_is_refused(call: Call, cluster: StandIn) -> None:
    policy = build_resting({"rootGeneration": 1})
    policy["spec"]["management"] = {"mode": "Observe"}
    cluster.states = [find(policy)]
    done = call(*ROTATE)
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "set Manage first" in done.stderr


@pytest.mark.parametrize("flag", ["--follow", "--watch", "-w"])
def test_what_a_commit_raised_is_followed_and_nothing_is_written(
    call: Call, cluster: StandIn, flag: str
) -> None:
    cluster.states = cluster.states[1:2] + cluster.states[1:]
    done = call(*ROTATE, flag)
    assert done.exit_code == 0, done.output
    assert "the root of generation 2 is in use everywhere" in done.stdout
    assert cluster.patches == []
    assert (cluster.choices[-1].name, cluster.choices[-1].namespace) == (
        "gloo-mesh/fleet",
        "gloo-mesh",
    )


def test_a_policy_that_shares_the_root_can_be_followed(call: Call, cluster: StandIn) -> None:
    ended = RotationStatus(root_generation=2)
    cluster.states = [find(build_sharing(build_state())), find(build_sharing(ended))]
    done = call(*ROTATE, "--follow")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("team-a/shop: the root of generation 2 is in use everywhere")


def test_who_shares_a_root_that_was_rolled_back_is_told(call: Call, cluster: StandIn) -> None:
    """Its status has no history: that is the owner's."""
    ended = RotationStatus(root_generation=1, rejected_generation=2)
    cluster.states = [find(build_sharing(build_state())), find(build_sharing(ended))]
    done = call(*ROTATE, "--follow")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Error: team-a/shop: the rotation to generation 2 was rolled back" in done.stderr


def test_what_was_rolled_back_ends_as_a_failure_that_says_so(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_proving(), find_proving(), find(build_resting(BACK, wanted=2))]
    done = call(*ROTATE, "--follow")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Error: gloo-mesh/fleet: the rotation to generation 2 was rolled back" in done.stderr


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (find_proving(), 1, "workload of istiod-istio-system-cluster2 may have a leaf from before"),
        (find(build_rotating(spec={"verification": "Manual"})), 2, "Drop waits for a person."),
        (
            find(build_rotating(conditions=build_conditions(VaultReachable="False"))),
            2,
            "VaultReachable is told: see to it.",
        ),
    ],
)
def test_what_is_not_done_in_time_is_told_with_how_to_go_on(
    call: Call, cluster: StandIn, state: FoundObjects, code: int, words: str
) -> None:
    cluster.states = [state] * 100
    done = call(*ROTATE, "--follow", "--timeout", "20")
    assert done.exit_code == code
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: not done after 20 s: ")
    assert words in last
    assert last.endswith(WAY_ON)


def test_an_approval_is_told_as_the_command_to_type(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_rotating(spec={"verification": "Manual"}))] * 2
    done = call(*ROTATE, "--follow")
    assert "to go on: roottrust rotate approve gloo-mesh/fleet --stage Drop\n" in done.stderr
    assert done.stderr.endswith(f"\nNot followed any more. {WAY_ON}\n")
    assert done.exit_code == 1


def test_a_terminal_has_one_tree(
    call: Call, cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roottrust.cli.live_screen.LiveScreen.is_terminal", True)
    away = find(build_rotating(conditions=build_conditions(VaultReachable="False")))
    cluster.states = [find_proving(), find_resting(wanted=2), find_proving(), away]
    done = call(*ROTATE, "--follow")
    assert "? rotation to generation 2: The rotation to generation 2 has not begun" in done.stderr
    assert "? rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove" in done.stderr
    assert "├─ ✗ waits: VaultReachable is told: see to it.\n" in done.stderr


def test_a_number_that_is_not_applied_yet_is_waited_for(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_resting()] * 2
    done = call(*ROTATE, "--follow", "--generation", "2")
    assert "waits: The policy asks for generation 1: the higher one is not applied" in done.stderr


def test_wrong_usage_is_1_and_the_help_teaches(call: Call, cluster: StandIn) -> None:
    assert call(*ROTATE, "--follow", "--dry-run").exit_code == 1
    assert call(*ROTATE, "--generation", "2").exit_code == 1
    done = call(*ROTATE, "--help")
    assert done.exit_code == 0
    for word in ("Prepare", "Retire", "roottrust rotate rollback", "Exit codes:", "in Git"):
        assert word in done.stdout

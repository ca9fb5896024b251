"""Steering a rotation: which annotation is written, what is refused, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Called

from roottrust.api.choices import RotationStage as Stage
from roottrust.cli.main import main
from roottrust.cli.rotate import order_writing
from roottrust.domain.errors import ConflictError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.wish import (
    APPROVE_ANNOTATION,
    EXCLUDE_ANNOTATION,
    PAUSE_ANNOTATION,
    ROLLBACK_ANNOTATION,
    read_orders,
)
from tests.unit.cli.rotate.conftest import StandIn
from tests.unit.cli.rotating import (
    build_resting,
    build_rotating,
    build_sharing,
    build_state,
    build_view,
)
from tests.unit.cli.status.objects import build_condition, build_mesh, find
from tests.unit.domain.agent_entries import LATER

Call = Callable[..., Called]
Policy = dict[str, Any]

MANUAL = {"verification": "Manual"}
CONFLICT = ConflictError("It was changed meanwhile.", reason=Reason.CONFLICT)
NAMED = "gloo-mesh/fleet"


@pytest.fixture
def cluster(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setattr(order_writing, "now", lambda: LATER)
    return stand_in


def build_going(stage: Stage = Stage.PROVE, *, late: int = 1, **changes: Any) -> Policy:
    """Return a policy in the middle of a stage."""
    left = Stage.WIDEN if stage is Stage.RETURN else None
    state = build_state(stage, returned_from=left)
    return build_rotating(state, build_view(state, late=late), **changes)


def point(annotation: str) -> str:
    return f"/metadata/annotations/{annotation.replace('/', '~1')}"


def apply(policy: Policy, patch: tuple[Any, ...]) -> dict[str, str]:
    """Return the annotations after a patch that holds."""
    *guards, change = patch
    assert guards == [
        {"op": "test", "path": "/metadata/uid", "value": "u-1"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
    ]
    before = dict(policy["metadata"].get("annotations") or {})
    if change["path"] == "/metadata/annotations":
        assert not before
        return dict(change["value"])
    name = change["path"].removeprefix("/metadata/annotations/").replace("~1", "/")
    if change["op"] == "remove":
        del before[name]
        return before
    return {**before, name: change["value"]}


def give(
    call: Call, cluster: StandIn, policy: Policy, *words: str
) -> tuple[Called, dict[str, str]]:
    """Return what came of a command that writes once."""
    cluster.states = [find(policy)]
    done = call("rotate", *words)
    assert done.exit_code == 0, done.output
    (patch,) = cluster.patches
    return done, apply(policy, patch)


def test_the_stage_that_waits_is_approved(call: Call, cluster: StandIn) -> None:
    done, annotations = give(call, cluster, build_rotating(spec=MANUAL), "approve")
    assert annotations == {APPROVE_ANNOTATION: "2/Drop"}
    assert done.stdout == (
        f'{NAMED}: {APPROVE_ANNOTATION}: "2/Drop"\n'
        "Drop follows: every mesh trusts the next root alone: from here on there is no way back.\n"
    )


def test_drop_waits_as_well_where_somebody_else_is_under_the_root(
    call: Call, cluster: StandIn
) -> None:
    view = replace(build_view(build_state()), unseen=("pki/ has signed somebody",))
    policy = build_rotating(view=view)
    assert policy["status"]["rotation"]["unseen"] == list(view.unseen)
    _, annotations = give(call, cluster, policy, "approve")
    assert annotations == {APPROVE_ANNOTATION: "2/Drop"}
    cluster.states = [find(policy)]
    refused = call("rotate", "approve", "--stage", "Retire")
    assert "it is before Drop." in refused.output


def test_what_is_there_stays(call: Call, cluster: StandIn) -> None:
    there = {APPROVE_ANNOTATION: "2/Sign, 2/Widen", "team": "a"}
    policy = build_rotating(spec=MANUAL, annotations=there)
    _, annotations = give(call, cluster, policy, "approve", "fleet")
    assert annotations == {APPROVE_ANNOTATION: "2/Sign,2/Widen,2/Drop", "team": "a"}
    orders = read_orders(annotations)
    assert (orders.problems, len(orders.approved)) == ((), 3)


@pytest.mark.parametrize(
    ("stage", "words"),
    [("drop", "Drop follows once Prove is proven: "), ("Retire", "Retire follows without a qu")],
)
def test_a_stage_is_approved_before_its_time(
    call: Call, cluster: StandIn, stage: str, words: str
) -> None:
    done, annotations = give(call, cluster, build_going(spec=MANUAL), "approve", "--stage", stage)
    assert annotations == {APPROVE_ANNOTATION: f"2/{stage.capitalize()}"}
    assert words in done.stdout


def test_who_approves_a_paused_rotation_is_told_so(call: Call, cluster: StandIn) -> None:
    policy = build_going(spec=MANUAL, annotations={PAUSE_ANNOTATION: "2"})
    done, _ = give(call, cluster, policy, "approve", "--stage", "Drop")
    assert "paused: `roottrust rotate resume gloo-mesh/fleet` lets it go on." in done.stdout


@pytest.mark.parametrize(
    ("policy", "words", "told"),
    [
        (build_going(spec=MANUAL), (), "No stage of gloo-mesh/fleet waits for a person: Prove of"),
        (build_rotating(), (), "No stage of gloo-mesh/fleet waits for a person"),
        (build_going(), ("--stage", "Sign"), "None): no stage waits for a person."),
        (
            build_going(spec={"externalDependants": [{"name": "x"}]}),
            ("--stage", "Retire"),
            "it is before Drop.",
        ),
        (build_going(spec=MANUAL), ("--stage", "Sign"), "Sign is not ahead of the rotation of"),
        (build_going(Stage.DROP, spec=MANUAL), ("--stage", "Drop"), "Drop is not ahead of the"),
        (build_going(Stage.RETURN, spec=MANUAL), ("--stage", "Drop"), "Drop is not ahead of the"),
        (build_resting({"rootGeneration": 1}), (), "No rotation of the root of gloo-mesh/fleet is"),
        (build_resting({"rootGeneration": 1}, wanted=2), (), "has not begun yet."),
        (build_sharing(build_state()), (), "`roottrust rotate approve gloo-mesh/fleet`."),
        (build_going(annotations={APPROVE_ANNOTATION: "drop!"}), (), "Mend it first."),
    ],
)
def test_an_approval_of_which_nothing_would_come_is_refused(
    call: Call, cluster: StandIn, policy: Policy, words: tuple[str, ...], told: str
) -> None:
    cluster.states = [find(policy)]
    done = call("rotate", "approve", *words)
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert told in done.stderr


def test_stages_that_nobody_is_ever_asked_for_are_no_choice(call: Call, cluster: StandIn) -> None:
    done = call("rotate", "approve", "--stage", "Prove")
    assert done.exit_code == 1
    assert "'Prove' is not one of 'sign', 'widen', 'drop', 'retire'" in done.stderr


def test_a_dry_run_prints_the_line_for_git_alone(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_rotating(spec=MANUAL, annotations={APPROVE_ANNOTATION: "2/Sign"}))]
    done = call("rotate", "approve", "--dry-run")
    assert (done.exit_code, cluster.patches) == (0, [])
    assert done.stdout == f'{APPROVE_ANNOTATION}: "2/Sign,2/Drop"\n'
    assert "nothing was changed (--dry-run). Once it is there: Drop follows" in done.stderr


def test_what_is_ordered_already_is_written_no_second_time(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_going(annotations={PAUSE_ANNOTATION: "2"}))]
    done = call("rotate", "pause")
    assert (done.exit_code, cluster.patches) == (0, [])
    assert f'{PAUSE_ANNOTATION}: "2"' in done.stdout


def test_it_is_paused_and_goes_on(call: Call, cluster: StandIn) -> None:
    done, annotations = give(call, cluster, build_going(), "pause")
    assert annotations == {PAUSE_ANNOTATION: "2"}
    assert "Prove goes on until it is proven, and no further stage or wave begins" in done.stdout
    cluster.patches.clear()
    done, left = give(call, cluster, build_going(annotations=annotations), "resume")
    assert left == {}
    assert done.stdout.splitlines() == [
        f"{NAMED}: # no {PAUSE_ANNOTATION}",
        "What follows Prove begins once that is proven.",
    ]


def test_of_several_pauses_the_others_stay(call: Call, cluster: StandIn) -> None:
    policy = build_going(annotations={PAUSE_ANNOTATION: "1,2, 3"})
    _, left = give(call, cluster, policy, "resume")
    assert left == {PAUSE_ANNOTATION: "1,3"}


def test_what_has_not_begun_can_be_paused_and_taken_back(call: Call, cluster: StandIn) -> None:
    waiting = build_resting({"rootGeneration": 1}, wanted=2)
    done, annotations = give(call, cluster, waiting, "pause")
    assert annotations == {PAUSE_ANNOTATION: "2"}
    assert "Prepare may begin" in done.stdout
    cluster.patches.clear()
    done, annotations = give(call, cluster, waiting, "rollback")
    assert annotations == {ROLLBACK_ANNOTATION: "2"}
    assert "It does not begin. Generation 2 is over then" in done.stdout


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (build_going(annotations={PAUSE_ANNOTATION: "1"}), "Prove of generation 2: 1 workload of"),
        (build_resting({"rootGeneration": 1}, wanted=2), "it has not begun yet."),
    ],
)
def test_only_what_is_paused_is_resumed(
    call: Call, cluster: StandIn, policy: Policy, words: str
) -> None:
    cluster.states = [find(policy)]
    done = call("rotate", "resume")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert f"The rotation of gloo-mesh/fleet is not paused: {words}" in done.stderr


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.PREPARE, "Narrow: every mesh trusts the old root alone"),
        (
            Stage.WIDEN,
            "Return: every istiod signs under the old root again, and no leaf needs",
        ),
        (Stage.RETURN, "Return: every istiod signs under the old root again"),
    ],
)
def test_it_is_rolled_back_until_drop(
    call: Call, cluster: StandIn, stage: Stage, words: str
) -> None:
    done, annotations = give(call, cluster, build_going(stage), "rollback")
    assert annotations == {ROLLBACK_ANNOTATION: "2"}
    assert done.stdout.splitlines()[1].startswith(words)


@pytest.mark.parametrize("stage", [Stage.DROP, Stage.RETIRE])
def test_after_drop_a_roll_back_is_a_new_rotation(
    call: Call, cluster: StandIn, stage: Stage
) -> None:
    cluster.states = [find(build_going(stage))]
    done = call("rotate", "rollback")
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert "After Drop a roll-back is a new rotation: once this one has ended, `" in done.stderr


def build_gone(**changes: Any) -> Policy:
    """Return a rotation that misses a cluster."""
    state = build_state(members=("cluster1", "cluster2", "gone"))
    return build_rotating(state, build_view(state), **changes)


def test_a_cluster_that_is_gone_is_taken_out(call: Call, cluster: StandIn) -> None:
    there = {EXCLUDE_ANNOTATION: "2/old"}
    done, annotations = give(
        call, cluster, build_gone(annotations=there), "exclude", "gone", "fleet", "--yes"
    )
    assert annotations == {EXCLUDE_ANNOTATION: "2/old,2/gone"}
    assert "Nothing in gone is waited for any more, and the rotation's history names it" in (
        done.stdout
    )


def test_without_anybody_to_ask_nothing_is_taken_out(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_gone())]
    done = call("rotate", "exclude", "gone")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert (
        "Is gone gone for good? The rotation goes on without any proof of it. Exclude it: say"
        in done.stderr
    )


@pytest.mark.parametrize(("answer", "written"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_a_person_is_asked(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch, answer: str, written: int
) -> None:
    monkeypatch.setattr(order_writing, "can_be_asked", lambda: True)
    cluster.states = [find(build_gone())]
    done = CliRunner().invoke(main, ["rotate", "exclude", "gone"], input=answer)
    assert (done.exit_code, len(cluster.patches)) == (1 - written, written)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cluster1", "cluster1 is heard and has istiod-istio-system-cluster1: what is excluded"),
        (
            "clustr1",
            "clustr1 is no cluster of the rotation of gloo-mesh/fleet: these are clus",
        ),
    ],
)
def test_what_should_not_be_taken_out_is_refused(
    call: Call, cluster: StandIn, name: str, words: str
) -> None:
    cluster.states = [find(build_gone())]
    done = call("rotate", "exclude", name, "--yes")
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert words in done.stderr


def test_a_cluster_that_is_heard_is_taken_out_by_force(call: Call, cluster: StandIn) -> None:
    words = ("exclude", "cluster1", "--yes", "--force")
    _, annotations = give(call, cluster, build_gone(), *words)
    assert annotations == {EXCLUDE_ANNOTATION: "2/cluster1"}


def test_a_cluster_that_is_away_needs_no_force(call: Call, cluster: StandIn) -> None:
    away = build_mesh(cluster="cluster2", conditions=[build_condition("Current", "Unknown")])
    cluster.states = [find(build_gone(), meshes=(away,))]
    done = call("rotate", "exclude", "cluster2", "--yes")
    assert (done.exit_code, len(cluster.patches)) == (0, 1), done.output


def test_the_clusters_of_policies_that_share_the_root_are_heard_as_well(
    call: Call, cluster: StandIn
) -> None:
    state = build_state(members=("cluster1", "cluster2", "cluster3"))
    policies = (build_rotating(state, build_view(state)), build_sharing(state))
    cluster.states = [find(*policies)]
    done = call("rotate", "exclude", "cluster3", "fleet", "--yes")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "cluster3 is heard and has istiod-istio-system-cluster3" in done.stderr


def test_two_people_at_once_do_not_undo_each_other(call: Call, cluster: StandIn) -> None:
    """The other one's order was written in between: it is read again, and stays."""
    first = build_rotating(spec=MANUAL)
    second = build_rotating(spec=MANUAL, annotations={APPROVE_ANNOTATION: "2/Retire"})
    cluster.states, cluster.refusals = [find(first), find(second)], [CONFLICT]
    done = call("rotate", "approve")
    assert done.exit_code == 0, done.output
    (patch,) = cluster.patches
    assert apply(second, patch) == {APPROVE_ANNOTATION: "2/Retire,2/Drop"}


def test_what_the_other_one_has_ordered_is_written_no_second_time(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = [
        find(build_rotating(spec=MANUAL)),
        find(build_going(spec=MANUAL, annotations={APPROVE_ANNOTATION: "2/Drop"})),
    ]
    cluster.refusals = [CONFLICT]
    done = call("rotate", "approve", "--stage", "Drop")
    assert (done.exit_code, cluster.patches) == (0, [])


def test_what_has_become_wrong_meanwhile_is_not_written(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_going()), find(build_going(Stage.DROP))]
    cluster.refusals = [CONFLICT]
    done = call("rotate", "rollback")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "After Drop a roll-back is a new rotation" in done.stderr


def test_the_approval_of_one_stage_never_becomes_that_of_the_next(
    call: Call, cluster: StandIn
) -> None:
    """Somebody else let it into Widen; now Drop waits, from which there is no way back."""
    cluster.states = [
        find(build_rotating(build_state(Stage.SIGN), spec=MANUAL)),
        find(build_rotating(build_state(Stage.PROVE), spec=MANUAL)),
    ]
    cluster.refusals = [CONFLICT]
    done = call("rotate", "approve")
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert 'another one (admin.gloo.solo.io/rotation-approve: "2/Drop")' in done.stderr


def test_whoever_never_gets_a_turn_is_told(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_going())] * order_writing.TRIES
    cluster.refusals = [CONFLICT] * order_writing.TRIES
    done = call("rotate", "pause")
    assert (done.exit_code, done.stderr) == (1, "Error: It was changed meanwhile.\n")
    assert cluster.states == []


@pytest.mark.parametrize("name", ["approve", "pause", "resume", "rollback", "exclude"])
def test_the_help_of_each_teaches_git_and_exit_codes(call: Call, name: str) -> None:
    done = call("rotate", name, "--help")
    assert done.exit_code == 0
    assert "--dry-run prints its line" in done.stdout
    assert "Exit codes:" in done.stdout
    assert call("rotate", name, "--nonsense").exit_code == 1

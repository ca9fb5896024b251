"""`roottrust rotate root --compromised`: what is told, asked and written, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Called

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationStatus
from roottrust.cli.main import main
from roottrust.cli.rotate import following, order_writing
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import ConflictError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.wish import COMPROMISED_ANNOTATION, PAUSE_ANNOTATION
from tests.unit.cli.rotate.conftest import StandIn
from tests.unit.cli.rotating import (
    BEGUN,
    build_owner,
    build_resting,
    build_rotating,
    build_sharing,
    build_state,
    build_view,
)
from tests.unit.cli.status.objects import build_condition, build_conditions, build_mesh, find
from tests.unit.domain.agent_entries import LATER

Call = Callable[..., Called]

ORDER = ("rotate", "root", "--compromised")
ANNOTATIONS = "/metadata/annotations"
ANNOTATION = f"{ANNOTATIONS}/{COMPROMISED_ANNOTATION.replace('/', '~1')}"
RAISE = {"op": "replace", "path": "/spec/rotation/rootGeneration", "value": 2}
GUARDS = (
    {"op": "test", "path": "/metadata/uid", "value": "u-1"},
    {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
)
WRITTEN = f"""\
gloo-mesh/fleet: metadata.annotations: {COMPROMISED_ANNOTATION}: "2"
gloo-mesh/fleet: spec.rotation.rootGeneration: 2
"""
HURRIED = {COMPROMISED_ANNOTATION: "2"}
PAST = {
    "generation": 2,
    "end": "Completed",
    "strategy": "DistrustFirst",
    "startedAt": "2030-01-01T00:00:00Z",
    "distrustedAt": "2030-01-01T00:03:12Z",
    "endedAt": "2030-01-01T00:03:20Z",
}


@pytest.fixture
def cluster(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    for module in (order_writing, following):
        monkeypatch.setattr(module, "now", lambda: LATER)
    stand_in.states = [find(build_resting({"rootGeneration": 1}))]
    return stand_in


def build_hurried(stage: Stage = Stage.PROVE, **fields: Any) -> dict[str, Any]:
    fields = {"stage_started_at": LATER, **fields}
    state = build_state(stage, strategy=Strategy.DISTRUST_FIRST, **fields)
    return build_rotating(state, build_view(state, late=1), annotations=HURRIED)


def test_generation_and_order_are_written_at_once(call: Call, cluster: StandIn) -> None:
    done = call(*ORDER, "--yes", "--no-wait")
    assert (done.exit_code, done.stdout) == (0, WRITTEN), done.output
    added = {"op": "add", "path": ANNOTATIONS, "value": {COMPROMISED_ANNOTATION: "2"}}
    assert cluster.patches == [(*GUARDS, RAISE, added)]
    assert "is kept in Git, commit both there" in done.stderr


def test_what_breaks_is_told_before(call: Call, cluster: StandIn) -> None:
    asked = {"rootGeneration": 1, "externalDependants": [{"name": "vm-gateway"}]}
    policy = build_owner(asked, {}, rotation={"rootGeneration": 1})
    policy["spec"]["management"] = {"root": {"source": "Generate"}}
    away = build_mesh(cluster="cluster2", conditions=[build_condition("Current", "Unknown")])
    cluster.states = [find(policy, meshes=(away,))]
    done = call(*ORDER, "--dry-run")
    assert (done.exit_code, done.stderr, cluster.patches) == (0, "", [])
    assert done.stdout.endswith(f"{WRITTEN}Nothing was changed (--dry-run).\n")
    for words in (
        "Whoever has its key can pass for any workload until nobody trusts it any more.",
        "  2. Widen: every mesh trusts both roots\n  3. Sign: every istiod signs under the next",
        "  4. Prove: workloads are restarted, and have leaves of the next root",
        "  6. Retire: in Vault the compromised root is revoked",
        "Vault makes the next root in pki/ as issuer roottrust-g2.",
        "Every workload is restarted twice, also where config.autoRestartPods is off",
        "Now that is cluster2.",
        "Whoever else trusts the root (vm-gateway), such as VMs",
        "can have istiod sign a certificate of the next root, for whatever identity",
        "at most 5 minutes each",
        "at most 30 minutes each",
        "`roottrust rotate approve gloo-mesh/fleet --stage Drop`",
    ):
        assert words in done.stdout, words


@pytest.mark.parametrize(("answer", "written"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_a_person_is_asked(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch, answer: str, written: int
) -> None:
    monkeypatch.setattr(order_writing, "can_be_asked", lambda: True)
    done = CliRunner().invoke(main, [*ORDER, "--no-wait"], input=answer)
    assert (done.exit_code, len(cluster.patches)) == (1 - written, written)
    assert "What breaks, and what is left:" in done.stderr


def test_without_anybody_to_ask_nothing_is_ordered(call: Call, cluster: StandIn) -> None:
    done = call(*ORDER)
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert "with all that this breaks: say so by --yes" in done.stderr


def test_a_policy_that_is_not_ready_is_no_reason_to_wait(call: Call, cluster: StandIn) -> None:
    unready = build_conditions(Ready="False", TrustPropagated="False")
    cluster.states = [find(build_resting({"rootGeneration": 1}, conditions=unready))]
    assert call(*ORDER, "--yes", "--no-wait").exit_code == 0
    assert len(cluster.patches) == 1


def test_a_rotation_that_is_under_way_is_hurried(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_rotating(build_state(), build_view(build_state(), late=1)))]
    done = call(*ORDER, "--yes", "--no-wait")
    assert done.stdout == WRITTEN.splitlines(keepends=True)[0]
    (patch,) = cluster.patches
    assert patch[2:] == ({"op": "add", "path": ANNOTATIONS, "value": HURRIED},)
    assert "under way (Prove) and goes on in a hurry" in done.stderr
    assert "`roottrust rotate rollback gloo-mesh/fleet`" in done.stderr
    assert "  2. Sign: every istiod signs" in done.stderr, "its order stays CrossSigned's"


def test_what_is_asked_for_and_has_not_begun_begins_in_a_hurry(
    call: Call, cluster: StandIn
) -> None:
    there = {PAUSE_ANNOTATION: "7"}
    policy = build_owner({"rootGeneration": 2}, there, rotation={"rootGeneration": 1})
    cluster.states = [find(policy)]
    assert call(*ORDER, "--yes", "--no-wait").exit_code == 0
    assert cluster.patches == [(*GUARDS, {"op": "add", "path": ANNOTATION, "value": "2"})]


def test_what_is_ordered_already_is_written_no_second_time(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_hurried())]
    done = call(*ORDER, "--no-wait")
    assert (done.exit_code, cluster.patches) == (0, [])


def test_somebody_who_writes_at_the_same_time_is_no_reason_to_give_up(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = cluster.states * 2
    cluster.refusals = [ConflictError("It was changed.", reason=Reason.CONFLICT)]
    assert call(*ORDER, "--yes", "--no-wait").exit_code == 0
    assert len(cluster.patches) == 1


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (
            find(build_sharing(RotationStatus(root_generation=1))),
            "`roottrust rotate root --compromised gloo-mesh/fleet`.",
        ),
        (find(build_owner({"rootGeneration": 1}, {})), "The operator has not told yet which gen"),
        (
            find(build_rotating(build_state(Stage.RETURN, returned_from=Stage.WIDEN))),
            "is being rolled back: once that has ended",
        ),
        (find(build_rotating(annotations={PAUSE_ANNOTATION: "x"})), "Mend it first."),
    ],
)
def test_what_would_come_to_nothing_is_refused(
    call: Call, cluster: StandIn, states: FoundObjects, words: str
) -> None:
    cluster.states = [states]
    done = call(*ORDER, "--yes")
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert words in done.stderr


def test_it_is_followed_until_nobody_trusts_the_root(call: Call, cluster: StandIn) -> None:
    done_state = {"rootGeneration": 2, "history": [{**PAST, "leftBehind": ["cluster2"]}]}
    cluster.states += [find(build_hurried()), find(build_resting(done_state, wanted=2))]
    done = call(*ORDER, "--yes")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == (
        "gloo-mesh/fleet: the compromised root is distrusted, 3 min 12 s after the rotation began, "
        "and revoked. It may still be trusted in cluster2, where not all was proven in time."
    )
    assert "✓ Prepare ✓ Widen ✓ Sign → Prove · Drop · Retire" in done.stderr


def test_the_tree_tells_how_long_it_has_been_trusted(
    call: Call, cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roottrust.cli.live_screen.LiveScreen.is_terminal", True)
    dropped = build_hurried(Stage.DROP, distrusted_at=BEGUN + timedelta(seconds=75))
    cluster.states = [find(build_hurried()), find(build_hurried()), find(dropped)]
    done = call("rotate", "root", "--follow")
    assert "the compromised root is still trusted after 300 min 0 s" in done.stderr
    assert "the compromised root was trusted for 1 min 15 s" in done.stderr


def test_to_follow_nothing_is_ordered(call: Call, cluster: StandIn) -> None:
    done = call(*ORDER, "--follow")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "without --compromised it follows" in done.stderr


def test_a_drop_that_is_approved_comes_at_once(call: Call, cluster: StandIn) -> None:
    cluster.states = [find(build_hurried())]
    done = call("rotate", "approve", "--stage", "Drop")
    assert done.exit_code == 0, done.output
    assert "Drop follows at once, whatever is not restarted yet: " in done.stdout

"""The rotation of a root in the report, from statuses as the hub writes them."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.build_rotation import list_stages_of
from roottrust.cli.status.report import PolicyReport
from roottrust.cli.status.rotation_report import RotationReport, StageState
from roottrust.domain.health import Health
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.wish import (
    EXCLUDE_ANNOTATION,
    PAUSE_ANNOTATION,
    ROLLBACK_ANNOTATION,
)
from tests.unit.cli.rotating import (
    ENDS_AT,
    FAR,
    WORKLOADS,
    build_reporting,
    build_resting,
    build_rotating,
    build_sharing,
    build_state,
    build_view,
)
from tests.unit.cli.status.objects import build_mesh, build_policy, find
from tests.unit.domain.agent_entries import LATER
from tests.unit.domain.samples import OTHER_ROOT, ROOT

MANUAL = {"verification": "Manual"}


def build(policy: dict[str, Any], *meshes: dict[str, Any]) -> PolicyReport:
    (report,) = build_report(find(policy, meshes=meshes), read_at=LATER).policies
    return report


def read(policy: dict[str, Any], *meshes: dict[str, Any]) -> RotationReport:
    found = build(policy, *meshes).rotation
    assert found
    return found


def test_where_there_never_was_one_nothing_is_told() -> None:
    assert build(build_policy()).rotation is None


def test_a_root_at_rest_is_well() -> None:
    report = build(build_resting({"rootGeneration": 1}))
    assert report.rotation
    assert (report.rotation.health, report.rotation.stage) == (Health.GOOD, None)
    assert report.health is Health.GOOD


@pytest.mark.parametrize("status", [{"rotation": {"rootGeneration": 1}}, {}])
def test_what_is_asked_for_and_has_not_begun_is_not_finished(status: dict[str, Any]) -> None:
    policy = build_resting(status.get("rotation", {"rootGeneration": 1}), wanted=2)
    rotation = read(policy)
    assert (rotation.health, rotation.wanted_generation) == (Health.UNKNOWN, 2)


@pytest.mark.parametrize("strategy", [Strategy.CROSS_SIGNED, Strategy.MULTI_ROOT])
def test_each_stage_has_those_before_it_done(strategy: Strategy) -> None:
    order = list_stages(strategy)
    for place, stage in enumerate(order):
        told = tuple(list_stages_of(build_state(stage, strategy=strategy), strategy))
        assert tuple(each.name for each in told) == order
        states = [each.state for each in told]
        assert states == [
            *[StageState.DONE] * place,
            StageState.UNDER_WAY,
            *[StageState.OPEN] * (len(order) - place - 1),
        ]


def test_before_a_strategy_is_chosen_only_the_first_stage_is_known() -> None:
    (first,) = list_stages_of(build_state(Stage.PREPARE))
    assert (first.name, first.state) == (Stage.PREPARE, StageState.UNDER_WAY)


@pytest.mark.parametrize(
    ("left", "now", "names"),
    [
        (Stage.WIDEN, Stage.RETURN, "✓Prepare ✓Sign ↩Widen →Return ·Narrow"),
        (Stage.WIDEN, Stage.NARROW, "✓Prepare ✓Sign ↩Widen ✓Return →Narrow"),
        (Stage.PREPARE, Stage.NARROW, "↩Prepare →Narrow"),
    ],
)
def test_a_roll_back_goes_on_from_the_stage_that_it_left(
    left: Stage, now: Stage, names: str
) -> None:
    signs = {
        StageState.DONE: "✓",
        StageState.UNDER_WAY: "→",
        StageState.LEFT: "↩",
        StageState.OPEN: "·",
    }
    told = list_stages_of(build_state(now, returned_from=left))
    assert " ".join(f"{signs[each.state]}{each.name}" for each in told) == names


def test_clusters_tell_of_their_workloads_and_the_slowest_has_a_name() -> None:
    state = build_state(Stage.PROVE)
    rotation = read(
        build_rotating(state, build_view(state, late=2)), build_reporting(state, late=2)
    )
    waiting, done = rotation.clusters
    assert (waiting.name, waiting.health, waiting.workloads) == ("cluster2", Health.UNKNOWN, 2)
    assert (done.name, done.health, done.workloads) == ("cluster1", Health.GOOD, None)
    slowest = rotation.slowest
    assert slowest
    assert (slowest.cluster, slowest.mesh, slowest.first) == ("cluster2", FAR, WORKLOADS)
    assert slowest.ends_at == ENDS_AT.replace(microsecond=0)
    assert (rotation.needs_person, rotation.awaits_approval) == (False, None)


def test_what_clusters_tell_of_another_step_does_not_count() -> None:
    state = build_state(Stage.PROVE)
    before = build_reporting(build_state(Stage.DROP), late=2)
    rotation = read(build_rotating(state, build_view(state, late=2)), before)
    assert rotation.slowest is None
    assert {each.workloads for each in rotation.clusters} == {None}


def test_an_approval_is_waited_for_and_nothing_is_wrong() -> None:
    rotation = read(build_rotating(spec=MANUAL))
    assert rotation.awaits_approval is Stage.DROP
    assert (rotation.needs_person, rotation.health) == (True, Health.UNKNOWN)


def test_a_pause_is_told_and_nothing_is_wrong() -> None:
    rotation = read(build_rotating(annotations={PAUSE_ANNOTATION: "1,2"}))
    assert (rotation.paused, rotation.needs_person) == (True, True)
    assert (rotation.health, rotation.awaits_approval) == (Health.UNKNOWN, None)


def test_what_needs_a_person_beside_that_is_wrong() -> None:
    state = build_state(members=("cluster1", "cluster2", "gone"))
    report = build(build_rotating(state, build_view(state)))
    assert report.rotation
    assert (report.rotation.needs_person, report.health) == (True, Health.BAD)
    (gone, *_) = report.rotation.clusters
    assert (gone.name, gone.health) == ("gone", Health.BAD)


def test_a_cluster_that_was_taken_out_is_a_warning() -> None:
    state = build_state(members=("cluster1", "cluster2", "gone"))
    view = build_view(state)
    rotation = read(build_rotating(state, view, annotations={EXCLUDE_ANNOTATION: "2/gone"}))
    healths = {each.name: each.health for each in rotation.clusters}
    assert healths == {"cluster1": Health.GOOD, "cluster2": Health.GOOD, "gone": Health.WARNING}


def test_a_roll_back_is_on_its_way() -> None:
    rotation = read(build_rotating(annotations={ROLLBACK_ANNOTATION: "2"}))
    assert (rotation.stage, rotation.health) == (Stage.RETURN, Health.UNKNOWN)


def test_waves_are_counted_from_one() -> None:
    spec = {"waves": [{"name": "canary", "clusters": ["cluster1"]}]}
    rotation = read(build_rotating(build_state(Stage.WIDEN), spec=spec))
    assert (rotation.wave, rotation.waves) == (2, 2)
    state = build_state(Stage.PROVE)
    assert read(build_rotating(state, build_view(state, late=1), spec=spec)).wave is None


def test_a_policy_that_shares_the_root_tells_of_its_owner_and_asks_for_nothing() -> None:
    state = build_state(proven_at=LATER, message="Drop waits for a person.")
    policy = build_sharing(state)
    policy["spec"]["rotation"] = {"rootGeneration": 5, **MANUAL}
    rotation = read(policy)
    assert (rotation.owner, rotation.stage) == ("gloo-mesh/fleet", Stage.PROVE)
    assert (rotation.awaits_approval, rotation.paused) == (None, False)
    rest = read({**policy, "status": {**policy["status"], "rotation": {"owner": "a/b"}}})
    assert rest.health is Health.GOOD


def test_all_roots_of_the_trust_bundle_are_told_with_their_reasons() -> None:
    bundle = [
        {"fingerprint": ROOT.fingerprint, "reason": "Root"},
        {"fingerprint": OTHER_ROOT.fingerprint, "reason": "NextRoot"},
    ]
    report = build(build_rotating(trustBundle=bundle))
    assert [each.reason for each in report.trust_bundle] == ["Root", "NextRoot"]


def test_in_a_rotation_clusters_are_not_held_to_the_roots_of_the_policy() -> None:
    """Those of a later wave have others, which only their IssuedCertificate tells."""
    both = [
        {"fingerprint": ROOT.fingerprint, "reason": "Root"},
        {"fingerprint": OTHER_ROOT.fingerprint, "reason": "NextRoot"},
    ]
    mesh = build_mesh()
    assert {each.health for each in build(build_rotating(trustBundle=both), mesh).meshes} == {
        Health.GOOD
    }
    resting = build_resting({"rootGeneration": 1}, trustBundle=both)
    (held,) = build(resting, mesh).meshes
    assert held.health is Health.UNKNOWN


def test_a_specification_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    policy = build_rotating(spec={"soakSeconds": 1})
    policy["spec"]["rotation"]["strategy"] = "Quantum"
    assert read(policy).wanted_generation == 2

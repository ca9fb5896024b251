"""A rotation, as a person and as a log sees it."""

from __future__ import annotations

import click
import pytest

from roottrust.cli.rotate.followed import FollowedRotation, View
from roottrust.cli.rotate.render import (
    list_lines,
    render_change,
    render_commit,
    render_end,
    render_progress,
    render_reach,
)
from roottrust.cli.rotate.request import RaisedGeneration
from roottrust.cli.status.build_report import build_report
from tests.unit.cli.rotate.progresses import (
    OLD,
    RENEWED,
    UNLOADED,
    build_asked,
    find_here,
    find_renewing,
    find_there,
    judge,
    judge_report,
)
from tests.unit.cli.status.objects import MESH, build_policy, build_told, find, find_well
from tests.unit.domain.agent_entries import LATER, SECOND, build_instance

POD = "istiod-5d9c7b6f4-abcde"
VIEW = View(judge=judge_report, render=render_progress, list_lines=list_lines)
SECOND_UNLOADED = build_instance(
    SECOND, pod="istiod-b", intermediate_generation=2, loaded_by_istiod=False
)

RENEWING = f"""\
? intermediates of generation 2: 0 of 1 mesh done
├─ ? cluster1/{MESH}: 1 of 2 istiods serve it
│  ├─ ✓ {POD}: serves it
│  └─ ? istiod-b: has obtained it, not served by istiod yet
└─ ? waits: CertificatesIssued is told: see to it.
"""
DONE = f"""\
✓ intermediates of generation 2: 1 of 1 mesh done
└─ ✓ cluster2/{MESH}: 2 of 2 istiods serve it
"""


def test_the_tree_says_who_is_done_and_what_is_waited_for() -> None:
    progress = judge(find_renewing(RENEWED, SECOND_UNLOADED))
    assert click.unstyle(render_progress(progress)) == RENEWING
    assert click.unstyle(render_progress(judge(find_there(ready=2)))) == DONE


def test_a_log_has_each_line_when_it_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    followed = FollowedRotation(VIEW, color="never")
    for instance in (OLD, OLD, UNLOADED):
        followed.show(judge(find_renewing(instance)))
    followed.show(judge(find_here(RENEWED)))
    name = f"cluster1/{MESH}"
    assert capsys.readouterr().err.splitlines() == [
        f"{name}: 0 of 1 istiod serve it",
        f"{name}: {POD} has not obtained it yet (an intermediate of generation 1)",
        "waits: CertificatesIssued is told: see to it.",
        f"{name}: {POD} has obtained it, not served by istiod yet",
        f"{name}: 1 of 1 istiod serve it",
        f"{name}: {POD} serves it",
    ]


def test_a_terminal_has_one_tree_that_is_redrawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    followed = FollowedRotation(VIEW, color="always")
    followed.show(judge(find_renewing(OLD)))
    followed.show(judge(find_here(RENEWED)))
    shown = capsys.readouterr().err
    assert shown.count("\033[4A\r\033[J") == 1
    assert "\033[32m" in shown


def test_without_a_mesh_the_end_says_so() -> None:
    raised = RaisedGeneration(policy=build_policy(), before=1, after=2)
    nobody = judge(find(build_asked(meshes=[])))
    assert render_end(raised, nobody) == (
        "gloo-mesh/fleet: no mesh is found yet; those that are found begin with generation 2."
    )


def test_whom_it_concerns_is_told_before() -> None:
    raised = RaisedGeneration(policy=build_policy(), before=1, after=2)
    (policy,) = build_report(find_well(), read_at=LATER).policies
    assert render_reach(raised, policy) == (
        f"Every istiod of 1 mesh obtains a new intermediate: cluster1/{MESH}. No workload restarts."
    )
    (empty,) = build_report(find(build_policy(meshes=[])), read_at=LATER).policies
    assert render_reach(raised, empty).startswith("No mesh is found yet")


def test_of_clusters_that_are_rotated_alone_they_are_named() -> None:
    raised = RaisedGeneration(policy=build_policy(), before=1, after=2, clusters=("a", "cluster2"))
    assert render_change(raised) == "gloo-mesh/fleet: spec.rotation.clusters of a, cluster2: 1 → 2"
    assert render_commit(raised) == (
        "in spec.rotation.clusters {name: a, intermediateGeneration: 2}, "
        "{name: cluster2, intermediateGeneration: 2}"
    )
    told = [build_told(each) for each in ("cluster1", "cluster2")]
    (policy,) = build_report(find(build_policy(meshes=told)), read_at=LATER).policies
    assert render_reach(raised, policy) == (
        f"Every istiod of 1 mesh obtains a new intermediate: cluster2/{MESH}. No workload restarts."
    )


def test_what_others_wrote_cannot_drive_a_terminal() -> None:
    hostile = build_instance(
        pod="a\033[2J", intermediate_generation=1, error="b\033[2J", chain=None, serial=None
    )
    progress = judge(find_renewing(hostile))
    assert "\033[2J" not in render_progress(progress) + "".join(list_lines(progress))

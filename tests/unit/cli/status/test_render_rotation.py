"""The rotation of a root in the tree, as a person reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
import pytest

from roottrust.api.choices import RotationStage as Stage
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.render import render_report
from tests.unit.cli.rotating import (
    FAR,
    build_reporting,
    build_resting,
    build_rotating,
    build_sharing,
    build_state,
    build_view,
)
from tests.unit.cli.status.objects import find
from tests.unit.domain.agent_entries import LATER
from tests.unit.domain.samples import OTHER_ROOT

PROVING = f"""\
   ├─ ? rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove · Drop · Retire
   │  ├─ Prove began 3 hours ago, the rotation 5 hours ago, CrossSigned
   │  ├─ ? waits: Prove of generation 2: 2 workloads of {FAR} may have a leaf from before \
(shop/Deployment/cart, shop/StatefulSet/db): they renew it by 2030-01-02T20:00:00Z at the latest, \
or at once when they are restarted.
   │  ├─ ? cluster2: 0 of 1 mesh done, 2 workloads may have a leaf from before
   │  └─ ✓ 1 cluster: nothing of this stage is waited for
"""
APPROVING = """\
   ├─ ? rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove · Drop · Retire
   │  ├─ Prove began 3 hours ago, the rotation 5 hours ago, CrossSigned
   │  ├─ ? waits: Prove of generation 2: Drop waits for a person. Approve it by `roottrust rotate \
approve` (admin.gloo.solo.io/rotation-approve: 2/Drop).
   │  ├─ ! to go on: roottrust rotate approve gloo-mesh/fleet --stage Drop
   │  └─ ✓ 2 clusters: nothing of this stage is waited for
"""


def render(policy: dict[str, Any], *meshes: dict[str, Any]) -> str:
    return click.unstyle(render_report(build_report(find(policy, meshes=meshes), read_at=LATER)))


def test_the_stages_are_one_line_and_what_holds_it_up_has_a_name() -> None:
    state = build_state()
    text = render(build_rotating(state, build_view(state, late=2)), build_reporting(state, late=2))
    assert PROVING in text


def test_an_approval_is_told_once_as_the_command_to_type() -> None:
    text = render(build_rotating(spec={"verification": "Manual"}))
    assert APPROVING in text
    assert "warning: Drop waits" not in text


def test_other_warnings_stay() -> None:
    assert "! warning: Plain HTTP." in render(build_rotating(warnings=["Plain HTTP."]))


def test_the_slowest_is_named_beside_what_needs_a_person() -> None:
    state = build_state(members=("cluster1", "cluster2", "gone"))
    text = render(build_rotating(state, build_view(state, late=1)), build_reporting(state, late=1))
    assert f"? slowest: shop/Deployment/cart in cluster2 ({FAR}), by 2030-01-02T20:00:00Z" in text
    assert "✗ gone: 0 of 0 meshes done" in text
    assert "`roottrust rotate exclude gone`" in text


def test_a_paused_one_says_how_it_goes_on() -> None:
    text = render(build_rotating(annotations={"admin.gloo.solo.io/rotation-pause": "2"}))
    assert "! to go on: roottrust rotate resume gloo-mesh/fleet\n" in text


def test_many_clusters_are_told_by_number() -> None:
    names = [f"c{number:03}" for number in range(130)]
    clusters = [{"name": each, "meshesTotal": 1, "message": "It waits."} for each in names[:100]]
    policy = build_rotating()
    policy["status"]["rotation"] |= {"clusters": clusters, "members": names}
    text = render(policy)
    assert "? c019: 0 of 1 mesh done: It waits.\n" in text
    assert "c020" not in text
    assert "and 80 clusters more that are waited for\n" in text
    assert "and 30 clusters more, which the policy's status has no room for\n" in text


def test_whose_root_it_is_where_it_is_shared() -> None:
    text = render(build_sharing(build_state(Stage.WIDEN)))
    assert "? rotation of the root of gloo-mesh/fleet to generation 2: ✓ Prepare ✓ Sign → W" in text


ENDED = LATER - timedelta(days=3)
PAST = {"generation": 2, "end": "Completed", "strategy": "CrossSigned", "excluded": ["c7"]}
AT_REST = {"rootGeneration": 2, "history": [{**PAST, "endedAt": f"{ENDED:%Y-%m-%dT%H:%M:%SZ}"}]}
BACK = {**AT_REST["history"][0], "end": "RolledBack"}  # type: ignore[index]
GONE = {"rootGeneration": 1, "rejectedGeneration": 2}
AGAIN = "and generation 1 is in use: the next one is another (`roottrust rotate root gloo-mesh/fl"


@pytest.mark.parametrize(
    ("rotation", "words"),
    [
        (
            AT_REST,
            "✓ rotation: generation 2 is in use since its rotation was completed 3 days ago ",
        ),
        (AT_REST, "(CrossSigned), without c7\n"),
        ({**GONE, "history": [BACK]}, f"generation 2 was rolled back 3 days ago, {AGAIN}"),
        (GONE, f"generation 2 was rolled back, {AGAIN}"),
        ({"rootGeneration": 1}, "? rotation: generation 2 is asked for, and has not begun\n"),
        (
            {"rootGeneration": 1, "message": "The root in use is not usable."},
            "has not begun: The root in use is not usable.\n",
        ),
    ],
)
def test_at_rest_the_last_end_is_told(rotation: dict[str, Any], words: str) -> None:
    assert words in render(build_resting(rotation, wanted=2))


def test_of_a_root_that_was_never_rotated_there_is_nothing_to_tell() -> None:
    assert "rotation" not in render(build_resting({"rootGeneration": 1}))


def test_further_roots_are_shown_with_why_they_are_trusted() -> None:
    root = {
        "fingerprint": OTHER_ROOT.fingerprint,
        "reason": "NextRoot",
        "subject": "CN=Next",
        "notAfter": f"{LATER + timedelta(days=900):%Y-%m-%dT%H:%M:%SZ}",
    }
    text = render(build_rotating(trustBundle=[root]))
    assert (
        f"✓ trusted NextRoot CN=Next: SHA-256 {OTHER_ROOT.fingerprint[:16]}…, ends in 2 ye" in text
    )

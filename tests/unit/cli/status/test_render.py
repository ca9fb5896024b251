"""The tree, as a person reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
import pytest

from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.render import render_report
from roottrust.cli.status.render_mesh import build_mesh_node
from roottrust.cli.status.report import MeshReport
from roottrust.cli.text_tree import draw_tree
from roottrust.domain.health import Health
from tests.unit.cli.status.objects import (
    MESH,
    build_certificate,
    build_conditions,
    build_lease,
    build_mesh,
    build_policy,
    build_told,
    find,
    find_well,
)
from tests.unit.domain.agent_entries import INTERMEDIATE, LATER, SECOND, build_instance
from tests.unit.domain.samples import ROOT

SHOWN_ROOT = f"SHA-256 {ROOT.fingerprint[:16]}…"
FIRST, OTHER = INTERMEDIATE.fingerprint[:16], SECOND.fingerprint[:16]
POD = "istiod-5d9c7b6f4-abcde"

WELL = f"""\
✓ RootTrustPolicy gloo-mesh/fleet: ready, 1 of 1 mesh
└─ ✓ root CN=Root: {SHOWN_ROOT}, ends in 9 years
   └─ ✓ cluster1 {MESH}: intermediate of generation 1 on 1 of 1 istiod, ends in 9 years
      ├─ ✓ {POD}: serves its intermediate, SHA-256 {FIRST}…, ends in 9 years
      └─ ✓ namespaces: 3 of 3 in sync

All is well: 1 of 1 policy well, 1 of 1 mesh ready.
"""

UNWELL = f"""\
✗ RootTrustPolicy gloo-mesh/fleet: not ready, 1 of 2 meshes
├─ ✗ CertificatesIssued is False (Expired): CertificatesIssued is told: see to it.
├─ ! warning: Plain HTTP.
└─ ✓ root CN=Root: {SHOWN_ROOT}, ends in 9 years
   ├─ ? cluster1 {MESH}: intermediate of generation 1 on 1 of 3 istiods, the first of them ends in \
9 years
   │  ├─ ? lacks: 1 of 3 replicas of {MESH} have no agent that reports: put it beside istiod \
(`roottrust istiod-patch`), or wait for its rollout.
   │  ├─ ✓ {POD}: serves its intermediate, SHA-256 {FIRST}…, ends in 9 years
   │  ├─ ? istiod-b: has its intermediate, not served by istiod yet, SHA-256 {OTHER}…, ends in \
9 years
   │  ├─ ? 1 istiod more: no agent of it reports
   │  └─ ? namespaces: 11 of 12 in sync, stale: bookinfo
   └─ ? cluster2 {MESH}: intermediate on 0 of 1 istiod
      ├─ ? lacks: Its agent waits.
      └─ ✓ namespaces: 3 of 3 in sync

✗ RootTrustPolicy gloo-mesh/new: not ready yet, 0 of 0 meshes
├─ ? operator: it has not reported on the last edit: see whether it runs, and which one leads \
(`kubectl get lease -A`).
├─ ✗ Accepted is False (InvalidPath): Accepted is told: see to it.
└─ ? Ready is Unknown (Fine): Ready is told: see to it.

Something is wrong: 0 of 2 policies well, 1 of 2 meshes ready, 1 warning.
"""


def render(found: FoundObjects, *, after: timedelta = timedelta(0)) -> str:
    return click.unstyle(render_report(build_report(found, read_at=LATER + after)))


def find_unwell() -> FoundObjects:
    conditions = build_conditions(
        CertificatesIssued="False", CertificatesIssued_reason="Expired", Ready="False"
    )
    conditions[-1]["message"] = conditions[3]["message"]
    waiting = build_told(
        "cluster2", instancesReady=0, earliestNotAfter=None, message="Its agent waits."
    )
    first = build_policy(
        conditions=conditions, warnings=["Plain HTTP."], meshes=[build_told(), waiting]
    )
    refused = build_conditions(
        Accepted="False",
        Accepted_reason="InvalidPath",
        VaultReachable="Unknown",
        VaultReachable_reason="InvalidPath",
        Ready="Unknown",
    )
    second = build_policy(
        "gloo-mesh/new", generation=2, conditions=refused, meshes=[], root=None, trustBundle=[]
    )
    mesh = build_mesh(
        istiod={"ready": 3, "total": 3},
        namespaces={"inSync": 11, "total": 12, "stale": ["bookinfo"]},
    )
    other = build_instance(SECOND, pod="istiod-b", loaded_by_istiod=False)
    certificate = build_certificate(build_instance(), other)
    return find(first, second, meshes=(mesh,), certificates=(certificate,))


def test_a_fleet_that_is_well_is_one_tree() -> None:
    assert render(find_well()) == WELL


def test_what_is_not_well_is_said_once_with_what_to_do() -> None:
    assert render(find_unwell()) == UNWELL


def test_ends_are_told_in_words_and_in_the_past_once_they_are_over() -> None:
    left = INTERMEDIATE.not_after - LATER
    assert "ends in 3 hours" in render(find_well(), after=left - timedelta(hours=3, minutes=9))
    over = render(find_well(), after=left + timedelta(days=2))
    assert f"✗ {POD}: has an intermediate that has ended" in over
    assert "ended 2 days ago" in over
    assert over.splitlines()[-1].startswith("Something is wrong:")


def test_signs_are_coloured_by_how_well_it_is() -> None:
    shown = render_report(build_report(find_unwell(), read_at=LATER))
    assert "\033[32m\033[1m✓\033[0m" in shown
    assert "\033[33m\033[1m?\033[0m" in shown
    assert "\033[31m\033[1m✗\033[0m" in shown


def test_an_operator_that_does_not_work_goes_before_all() -> None:
    lease = build_lease("", (LATER - timedelta(hours=3)).isoformat())
    first, second, *_ = render(find(build_policy(), lease=lease)).splitlines()
    assert first == (
        "? operator: none works, the last one did 3 hours ago, and what follows is of then: see "
        "`kubectl get pods -n gloo-mesh`"
    )
    assert second == ""
    working = build_lease("hub-1", LATER.isoformat())
    assert "operator" not in render(find(build_policy(), lease=working))


def test_meshes_for_which_there_was_no_room_are_counted() -> None:
    shown = render(find(build_policy(meshTotals={"total": 120, "ready": 110})))
    assert "   └─ and 119 meshes more, which the policy's status has no room for" in shown
    assert "110 of 120 meshes ready" in shown


@pytest.mark.parametrize(
    ("stale", "total", "line"),
    [
        (None, None, None),
        ((), 0, None),
        (
            ("shop/Deployment/cart", "shop/Deployment/web"),
            2,
            "2 may still trust only the roots before: shop/Deployment/cart, shop/Deployment/web",
        ),
        (
            ("shop/Deployment/cart",),
            40,
            "40 may still trust only the roots before: shop/Deployment/cart and 39 more",
        ),
    ],
)
def test_stale_workloads_are_shown_where_they_are_known(
    stale: tuple[str, ...] | None, total: int | None, line: str | None
) -> None:
    mesh = MeshReport(
        cluster="cluster1",
        mesh=MESH,
        health=Health.GOOD,
        instances_ready=1,
        instances_total=1,
        stale_workloads=stale,
        stale_workloads_total=total,
    )
    lines = list(map(click.unstyle, draw_tree(build_mesh_node(mesh, said=(), now=LATER))))
    assert lines[1:] == ([] if line is None else [f"└─ ! workloads: {line}"])


@pytest.mark.parametrize("field", ["message", "cluster"])
def test_what_others_wrote_cannot_drive_a_terminal(field: str) -> None:
    hostile: dict[str, Any] = {"cluster": "c", "mesh": "m", field: "\033[2J"}
    shown = render_report(build_report(find(build_policy(meshes=[hostile])), read_at=LATER))
    assert "\033[2J" not in shown
    assert "\\x1b[2J" in shown

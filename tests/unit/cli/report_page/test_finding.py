"""What a person is told to do: the worst first, once, with what to type."""

from __future__ import annotations

from datetime import timedelta

from roottrust.cli.report_page.finding import Finding, list_findings
from roottrust.cli.report_page.findings import build_findings
from roottrust.cli.report_page.markup import make, serialise
from roottrust.cli.status.build_report import build_report
from roottrust.domain.health import Health
from tests.unit.cli.report_page.fleets import (
    build,
    build_rotating_fleet,
    build_unwell,
    build_well,
)
from tests.unit.cli.report_page.parsed import parse
from tests.unit.cli.rotating import build_rotating
from tests.unit.cli.status.objects import build_policy, build_told, find, show
from tests.unit.domain.agent_entries import LATER
from tests.unit.domain.samples import ROOT


def test_a_fleet_that_is_well_has_none() -> None:
    assert list_findings(build_well()) == ()


def test_the_worst_come_first_and_what_concerns_more_before_what_concerns_less() -> None:
    told = [(each.health, each.subject, each.name) for each in list_findings(build_unwell())]
    assert told == [
        (Health.BAD, "gloo-mesh/fleet", "CertificatesIssued is False (Expired)"),
        (Health.BAD, "gloo-mesh/fleet", "Ready is False (Fine)"),
        (Health.UNKNOWN, "Operator", None),
        (Health.UNKNOWN, "gloo-mesh/new", "operator"),
        (Health.UNKNOWN, "Mesh cluster1 istiod-istio-system-cluster1", None),
        (Health.UNKNOWN, "Mesh cluster2 istiod-istio-system-cluster1", None),
        (Health.WARNING, "gloo-mesh/fleet", "warning"),
    ]


def test_a_mesh_names_its_istiods_that_are_not_well() -> None:
    (found,) = [each for each in list_findings(build_unwell()) if "Mesh cluster1" in each.subject]
    assert "`roottrust istiod-patch`" in found.message
    assert [each.split(",")[0] for each in found.details] == ["istiod-b: has its intermediate"]


def test_what_has_ended_is_told_although_nobody_says_so() -> None:
    told = build_told(earliestNotAfter=show(LATER - timedelta(days=3)))
    (found,) = list_findings(build(find(build_policy(meshes=[told]))))
    assert found.health is Health.BAD
    assert found.details == ("its intermediate ended 3 days ago",)


def test_a_root_that_ends_soon_has_the_command_for_another() -> None:
    now = ROOT.not_after - timedelta(days=30)
    report = build_report(find(build_policy(meshes=[])), read_at=now)
    found = next(each for each in list_findings(report) if each.name == "root")
    assert (found.health, found.commands) == (
        Health.WARNING,
        ("roottrust rotate root gloo-mesh/fleet",),
    )
    assert found.message == "The root CN=Root ends in 30 days: replace it by another."


def test_a_rotation_tells_how_far_it_is_and_what_lets_it_go_on() -> None:
    (found,) = list_findings(build_rotating_fleet())
    assert found.name == (
        "rotation to generation 2: ✓ Prepare ✓ Sign ✓ Widen → Prove · Drop · Retire"
    )
    assert "2 workloads of istiod-istio-system-cluster2" in found.message
    waiting = build(find(build_rotating(spec={"verification": "Manual"})))
    (found,) = [each for each in list_findings(waiting) if each.commands]
    assert found.commands == ("roottrust rotate approve gloo-mesh/fleet --stage Drop",)


def test_compromised_intermediates_are_told_once() -> None:
    message = "2 of cluster1 are not revoked: see `roottrust status`."
    entry = {"cluster": "cluster1", "generation": 2, "left": 2, "message": message}
    for warnings in ([], [message]):
        policy = build_policy(compromisedIntermediates=[entry], warnings=warnings)
        (found,) = list_findings(build(find(policy)))
        assert found.message == message
        assert found.name == ("warning" if warnings else "compromised intermediates of cluster1")


def test_ten_are_shown_fifty_folded_and_the_others_counted() -> None:
    found = tuple(
        Finding(health=Health.BAD, subject=f"mesh {each}", message="It is away.")
        for each in range(100)
    )
    page = parse(serialise(make("div", *build_findings(found, now=LATER))))
    (folded,) = page.list_all("details")
    assert len(page.list_all("h3")) - len(folded.list_all("h3")) == 10
    assert folded.list_all("summary")[0].text == "50 more: 50 wrong"
    assert "And 40 more: 40 wrong. roottrust status shows them all." in page.text

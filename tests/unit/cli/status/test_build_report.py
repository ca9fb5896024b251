"""The tree, built of the objects of the management cluster."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.report import PolicyReport, Result, StatusReport
from roottrust.domain.health import Health
from tests.unit.cli.status.objects import (
    MESH,
    SINCE,
    build_certificate,
    build_condition,
    build_conditions,
    build_lease,
    build_mesh,
    build_policy,
    build_told,
    find,
    find_well,
    show,
)
from tests.unit.domain.agent_entries import FORGED, INTERMEDIATE, LATER, SECOND, build_instance
from tests.unit.domain.samples import ROOT


def build(found: FoundObjects, *, after: timedelta = timedelta(0)) -> StatusReport:
    return build_report(found, read_at=LATER + after)


def build_one(found: FoundObjects, *, after: timedelta = timedelta(0)) -> PolicyReport:
    (policy,) = build(found, after=after).policies
    return policy


def test_a_fleet_that_is_well_is_told_from_the_root_to_the_namespaces() -> None:
    report = build(find_well())
    (policy,) = report.policies
    (mesh,) = policy.meshes
    assert report.result is Result.WELL
    assert (report.summary.well, report.summary.meshes, report.summary.meshes_ready) == (1, 1, 1)
    assert (policy.health, policy.conditions, policy.root and policy.root.fingerprint) == (
        Health.GOOD,
        (),
        ROOT.fingerprint,
    )
    assert (mesh.cluster, mesh.mesh, mesh.generation, mesh.message) == ("cluster1", MESH, 1, None)
    (instance,) = mesh.instances or ()
    assert (instance.state, instance.fingerprint) == ("Serving", INTERMEDIATE.fingerprint)
    assert (instance.serial, instance.loaded_by_istiod) == (INTERMEDIATE.serial, True)
    assert mesh.namespaces
    assert (mesh.namespaces.in_sync, mesh.namespaces.total) == (3, 3)


def test_of_a_mesh_in_another_cluster_the_policy_has_the_numbers() -> None:
    policy = build_one(find(build_policy()))
    (mesh,) = policy.meshes
    assert (policy.health, mesh.instances, mesh.generation) == (Health.GOOD, None, None)
    assert (mesh.instances_ready, mesh.instances_total) == (1, 1)
    assert mesh.earliest_not_after == INTERMEDIATE.not_after
    assert mesh.namespaces
    assert mesh.namespaces.stale == ()
    assert (mesh.stale_workloads, mesh.stale_workloads_total) == (None, None)


def test_a_mirrored_mesh_of_another_cluster_names_its_stale_namespaces() -> None:
    name = "istiod-istio-system-cluster2"
    namespaces = {"inSync": 2, "total": 3, "stale": ["bookinfo"]}
    mirrored = build_mesh(cluster="cluster2", namespaces=namespaces)
    told = build_told("cluster2", name, instancesReady=2, instancesTotal=2)
    policy = build_one(find(build_policy(meshes=[told]), meshes=(mirrored,)))
    (mesh,) = policy.meshes
    assert mesh.namespaces
    assert (mesh.namespaces.in_sync, mesh.namespaces.stale) == (2, ("bookinfo",))
    assert (mesh.instances, mesh.instances_ready, mesh.instances_total) == (None, 2, 2)
    assert mesh.message
    assert name in mesh.message


def test_nothing_is_shown_of_what_nobody_tells() -> None:
    told = {"cluster": "cluster2", "mesh": "m"}
    policy = build_one(find(build_policy(meshes=[told])))
    (mesh,) = policy.meshes
    assert (mesh.namespaces, mesh.instances, mesh.earliest_not_after) == (None, None, None)
    assert mesh.health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("status", "health", "result"),
    [("False", Health.BAD, Result.FAULTY), ("Unknown", Health.UNKNOWN, Result.UNFINISHED)],
)
def test_a_condition_that_does_not_hold_is_told_with_its_next_step(
    status: str, health: Health, result: Result
) -> None:
    conditions = build_conditions(VaultReachable=status, VaultReachable_reason="Sealed")
    report = build(find(build_policy(conditions=conditions)))
    (policy,) = report.policies
    (condition,) = policy.conditions
    assert (condition.type, condition.reason, condition.health) == (
        "VaultReachable",
        "Sealed",
        health,
    )
    assert condition.message == "VaultReachable is told: see to it."
    assert report.result is result


def test_ready_is_told_where_it_says_more_than_the_others() -> None:
    said = {**build_condition("Ready", "False"), "message": "Accepted is told: see to it."}
    first = build_conditions(Accepted="False")[:5]
    policy = build_one(find(build_policy(conditions=[*first, said])))
    assert [each.type for each in policy.conditions] == ["Accepted"]
    alone = build_one(find(build_policy(conditions=build_conditions(Ready="False"))))
    assert [each.type for each in alone.conditions] == ["Ready"]


@pytest.mark.parametrize("kind", ["Reconciling", "Stalled"])
def test_what_holds_while_work_is_done_is_no_trouble_of_its_own(kind: str) -> None:
    conditions = [*build_conditions(), build_condition(kind)]
    assert build_one(find(build_policy(conditions=conditions))).health is Health.GOOD


@pytest.mark.parametrize("policy", [build_policy(generation=2), {**build_policy(), "status": None}])
def test_an_edit_that_the_operator_has_not_seen_is_not_well(policy: dict[str, Any]) -> None:
    told = build_one(find(policy))
    assert (told.outdated, told.health) == (True, Health.UNKNOWN)


def test_a_status_of_another_version_is_as_good_as_none() -> None:
    broken = build_policy(root={"subject": 1})
    assert build_one(find(broken)).outdated


@pytest.mark.parametrize(
    ("before_end", "health"),
    [(100, Health.GOOD), (89, Health.WARNING), (0, Health.BAD), (-1, Health.BAD)],
)
def test_the_root_s_end_is_told_in_time(before_end: int, health: Health) -> None:
    after = ROOT.not_after - LATER - timedelta(days=before_end)
    root = build_one(find(build_policy(meshes=[])), after=after).root
    assert root
    assert root.health is health


def test_an_intermediate_that_has_ended_since_the_hub_looked_is_wrong() -> None:
    after = INTERMEDIATE.not_after - LATER
    here = build(find_well(), after=after)
    (mesh,) = here.policies[0].meshes
    assert here.result is Result.FAULTY
    assert mesh.message
    assert "expired" in mesh.message
    there = build(find(build_policy()), after=after)
    assert there.policies[0].meshes[0].health is Health.BAD


def test_what_an_agent_s_certificate_does_not_prove_is_not_shown() -> None:
    liar = build_instance(FORGED["of another root"])
    policy = build_one(find(build_policy(), certificates=(build_certificate(liar),)))
    (instance,) = policy.meshes[0].instances or ()
    assert (instance.state, instance.health) == ("NotBelieved", Health.BAD)
    assert (instance.fingerprint, instance.not_after, instance.loaded_by_istiod) == (
        None,
        None,
        None,
    )


def test_replicas_that_report_nothing_are_counted() -> None:
    mesh = build_mesh(istiod={"ready": 2, "total": 2})
    policy = build_one(find(build_policy(), meshes=(mesh,), certificates=(build_certificate(),)))
    (found,) = policy.meshes
    assert (found.instances_ready, found.instances_total) == (1, 2)
    assert found.health is Health.UNKNOWN
    assert found.message
    assert "no agent that reports" in found.message


def test_the_first_stale_namespaces_are_named() -> None:
    namespaces = {"inSync": 2, "total": 3, "stale": ["bookinfo"]}
    policy = build_one(find(build_policy(), meshes=(build_mesh(namespaces=namespaces),)))
    (mesh,) = policy.meshes
    assert mesh.namespaces
    assert (mesh.namespaces.stale, mesh.namespaces.health) == (("bookinfo",), Health.UNKNOWN)
    assert mesh.message
    assert "(first: bookinfo)" in mesh.message


def test_a_root_that_istiod_made_itself_is_wrong() -> None:
    policy = build_one(find(build_policy(), meshes=(build_mesh(selfSigned=True),)))
    assert policy.health is Health.BAD


def test_a_mesh_counts_where_its_istiod_or_the_operator_is() -> None:
    own = build_mesh(istiod={"ready": 3, "total": 3})
    beside = build_mesh(namespace="istio-system", istiod={"ready": 2, "total": 2})
    foreign = build_mesh(namespace="default", istiod={"ready": 9, "total": 9})
    certificates = (build_certificate(),)

    def count(*meshes: dict[str, Any]) -> int:
        found = find(build_policy(), meshes=meshes, certificates=certificates)
        return build_one(found).meshes[0].instances_total

    assert count(foreign, beside, own) == 3
    assert count(foreign, beside) == 2
    assert count(foreign) == 1


def test_an_issued_certificate_is_its_policy_s_alone() -> None:
    certificates = (build_certificate(policy="gloo-mesh/other"),)
    mine, others = build(
        find(build_policy(), build_policy("gloo-mesh/other", meshes=[]), certificates=certificates)
    ).policies
    assert mine.meshes[0].instances is None
    assert [each.mesh for each in others.meshes] == [MESH]


def test_an_issued_certificate_counts_in_its_place_and_under_the_policy_s_root() -> None:
    elsewhere = build_certificate()
    elsewhere["metadata"]["namespace"] = "default"
    found = find(build_policy(), certificates=(elsewhere,))
    assert build_one(found).meshes[0].instances is None
    other = build_policy()
    other["status"]["root"]["fingerprint"] = "e" * 64
    found = find(other, certificates=(build_certificate(),))
    assert build_one(found).meshes[0].instances is None


def test_a_mesh_for_which_the_status_has_no_room_is_counted() -> None:
    policy = build_one(find(build_policy(meshTotals={"total": 120, "ready": 110})))
    assert (policy.meshes_ready, policy.meshes_total, len(policy.meshes)) == (110, 120, 1)


def test_warnings_do_not_count_for_the_result() -> None:
    report = build(find(build_policy(warnings=["Plain HTTP."])))
    assert (report.result, report.summary.warnings) == (Result.WELL, 1)
    assert report.policies[0].health is Health.WARNING


def test_two_istiods_are_told_apart_by_their_pods() -> None:
    other = build_instance(SECOND, pod="istiod-b", loaded_by_istiod=False)
    certificate = build_certificate(build_instance(pod="istiod-c"), other)
    policy = build_one(find(build_policy(), certificates=(certificate,)))
    instances = policy.meshes[0].instances or ()
    assert [(each.pod, each.state) for each in instances] == [
        ("istiod-b", "NotLoaded"),
        ("istiod-c", "Serving"),
    ]


def test_meshes_are_in_the_order_of_their_clusters() -> None:
    meshes = [build_told("cluster9"), build_told("cluster2", message="It lacks something.")]
    policy = build_one(find(build_policy(meshes=meshes)))
    assert [each.cluster for each in policy.meshes] == ["cluster2", "cluster9"]
    assert [each.health for each in policy.meshes] == [Health.UNKNOWN, Health.GOOD]


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ({"warnings": ["It ends soon."]}, Health.WARNING),
        ({}, Health.UNKNOWN),
        ({"conditions": build_conditions(CertificatesIssued="Unknown")}, Health.UNKNOWN),
        ({"conditions": build_conditions(CertificatesIssued="False")}, Health.BAD),
    ],
)
def test_what_the_hub_says_of_a_mesh_is_as_grave_as_where_else_it_says_it(
    status: dict[str, Any], health: Health
) -> None:
    message = status.get("warnings", ["CertificatesIssued is told: see to it."])[0]
    for each in status.get("conditions", ()):
        each["message"] = each["message"] + " 2 more meshes lack something, too."
    meshes = [build_told("cluster2", message=message)]
    policy = build_one(find(build_policy(meshes=meshes, **status)))
    assert policy.meshes[0].health is health


@pytest.mark.parametrize(
    ("holder", "ago", "result", "leader"),
    [
        ("hub-1", timedelta(seconds=10), Result.WELL, "hub-1"),
        ("hub-1", timedelta(minutes=5), Result.WELL, "hub-1"),
        ("hub-1", timedelta(minutes=6), Result.UNFINISHED, None),
        ("", timedelta(seconds=10), Result.UNFINISHED, None),
    ],
)
def test_an_operator_that_does_not_renew_its_lease_does_not_work(
    holder: str, ago: timedelta, result: Result, leader: str | None
) -> None:
    lease = build_lease(holder, f"{(LATER - ago).isoformat()}")
    report = build(find(build_policy(), lease=lease))
    assert report.result is result
    assert report.operator
    assert (report.operator.leader, report.operator.namespace) == (leader, "gloo-mesh")


@pytest.mark.parametrize("renewed", ["", "yesterday", "2030-01-01T00:00:00"])
def test_of_a_lease_without_a_time_nothing_is_known(renewed: str) -> None:
    assert build(find(build_policy(), lease=build_lease("hub-1", renewed))).operator is None


def test_the_form_of_the_json_is_stable() -> None:
    dumped = build(find_well()).model_dump(mode="json", by_alias=True)
    assert dumped["formatVersion"] == "1.1"
    assert dumped["readAt"] == show(LATER)
    (policy,) = dumped["policies"]
    assert list(policy) == [
        "namespace",
        "name",
        "health",
        "ready",
        "deleting",
        "outdated",
        "generation",
        "clusterGenerations",
        "root",
        "trustBundle",
        "rotation",
        "compromised",
        "meshesReady",
        "meshesTotal",
        "meshes",
        "conditions",
        "warnings",
    ]
    (mesh,) = policy["meshes"]
    assert mesh["namespaces"] == {"health": "Good", "inSync": 3, "total": 3, "stale": []}
    assert mesh["instances"][0]["state"] == "Serving"
    assert (mesh["staleWorkloads"], mesh["staleWorkloadsTotal"]) == ([], 0)


STALE = {"total": 9, "first": ["shop/Deployment/cart"]}


def test_stale_workloads_are_those_that_a_cluster_reports_or_else_the_hub_tells() -> None:
    told = build_one(find(build_policy(meshes=[build_told(staleWorkloads=STALE)])))
    reported = {**STALE, "since": "2030-01-01T00:00:00Z", "total": 10}
    here = build_one(find(build_policy(), meshes=(build_mesh(staleWorkloads=reported),)))
    over = build_one(
        find(build_policy(meshes=[build_told(staleWorkloads=STALE)]), meshes=(build_mesh(),))
    )
    totals = [each.meshes[0].stale_workloads_total for each in (told, here, over)]
    assert totals == [9, 10, 0]
    assert told.meshes[0].stale_workloads == ("shop/Deployment/cart",)
    assert (told.health, here.health) == (Health.WARNING, Health.WARNING)
    assert over.health is Health.GOOD


@pytest.mark.parametrize(
    ("told", "warnings", "health", "result"),
    [
        ({}, ["Told."], Health.UNKNOWN, Result.UNFINISHED),
        ({"revokedAt": SINCE}, ["Told."], Health.WARNING, Result.WELL),
        ({"revokedAt": SINCE, "trustedUntil": SINCE}, [], Health.GOOD, Result.WELL),
    ],
)
def test_what_is_compromised_is_not_finished_until_it_is_revoked(
    told: dict[str, Any], warnings: list[str], health: Health, result: Result
) -> None:
    entry = {"cluster": "cluster1", "generation": 2, "message": "Told.", **told}
    policy = build_policy(compromisedIntermediates=[entry], warnings=warnings)
    report = build(find(policy, meshes=(build_mesh(),)))
    (shown,) = report.policies[0].compromised
    assert (shown.health, shown.message, report.result) == (health, "Told.", result)

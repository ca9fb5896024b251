from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings

from roottrust.api.choices import ConditionStatus
from roottrust.domain.cluster_plan import ClusterPlan
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.fault import Fault
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.judgement import Judgement, find_plan_fault, judge
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan
from roottrust.domain.reasons import ConditionType, Reason
from tests.unit.domain.agent_entries import build_instance, build_mesh_status
from tests.unit.domain.outcomes import (
    AWAY,
    FAILED,
    FAILING,
    FAILURE,
    ISSUED,
    MISSING,
    NO_AGENT,
    OBSERVED,
    OUTAGE,
    PENDING,
    READY,
    REFUSAL,
    REFUSED,
    build_followed,
    outcomes,
)
from tests.unit.domain.samples import MESH, build_cluster, build_target

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
ALWAYS = (
    ConditionType.ACCEPTED,
    ConditionType.VAULT_REACHABLE,
    ConditionType.VAULT_CONFIGURED,
    ConditionType.CERTIFICATES_ISSUED,
    ConditionType.TRUST_PROPAGATED,
    ConditionType.READY,
)
TWO = build_target(build_cluster("a"), build_cluster("b"))


def find(outcome: Outcome) -> dict[ConditionType, Judgement]:
    return {each.type: each for each in judge(outcome)}


def read(outcome: Outcome) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in judge(outcome)}


def build_plan(root: Fault | None = None, **clusters: Fault | None) -> Plan:
    parts = {
        name: ClusterPlan(cluster=build_cluster(name), fault=fault)
        for name, fault in clusters.items()
    }
    return Plan(root=RootPlan(mount="pki", fault=root), clusters=MappingProxyType(parts))


@settings(max_examples=100, deadline=None)
@given(outcome=outcomes())
def test_every_outcome_has_all_conditions_once(outcome: Outcome) -> None:
    types = [each.type for each in judge(outcome)]
    assert tuple(types[:6]) == ALWAYS
    assert len(set(types)) == len(types)


@settings(max_examples=100, deadline=None)
@given(outcome=outcomes())
def test_a_policy_is_ready_or_stalled_or_reconciling(outcome: Outcome) -> None:
    found = find(outcome)
    shapes = [
        found[ConditionType.READY].is_true,
        ConditionType.STALLED in found,
        ConditionType.RECONCILING in found,
    ]
    assert shapes.count(True) == 1
    assert all(
        found[kind].is_true
        for kind in (ConditionType.STALLED, ConditionType.RECONCILING)
        if kind in found
    )


@settings(max_examples=100, deadline=None)
@given(outcome=outcomes())
def test_every_message_is_a_sentence(outcome: Outcome) -> None:
    for each in judge(outcome):
        assert each.message.strip() == each.message
        assert each.message.endswith(".")
        assert "\n" not in each.message


@settings(max_examples=100, deadline=None)
@given(outcome=outcomes())
def test_ready_holds_exactly_if_all_before_it_hold(outcome: Outcome) -> None:
    """What asks for a mesh does so only once one is found."""
    found = find(outcome)
    has_mesh = outcome.target is not None and any(each.meshes for each in outcome.target.clusters)
    needed = ALWAYS[:5] if has_mesh else ALWAYS[:3]
    assert found[ConditionType.READY].is_true == all(found[kind].is_true for kind in needed)


@settings(max_examples=100, deadline=None)
@given(outcome=outcomes())
def test_what_waits_for_a_condition_does_not_hold_before_it(outcome: Outcome) -> None:
    found = [find(outcome)[kind] for kind in ALWAYS[:3]]
    holds = [each.is_true for each in found]
    assert holds == sorted(holds, reverse=True)


def test_a_policy_whose_vault_is_ready_waits_for_its_mesh_and_is_ready() -> None:
    assert read(READY) == {
        "Accepted": (TRUE, "Accepted"),
        "VaultReachable": (TRUE, "Reachable"),
        "VaultConfigured": (TRUE, "Configured"),
        "CertificatesIssued": (UNKNOWN, "WaitingForMesh"),
        "TrustPropagated": (UNKNOWN, "WaitingForMesh"),
        "Ready": (TRUE, "WaitingForMesh"),
    }
    assert find(READY)[ConditionType.READY].message == (
        "Vault is ready for istiod of cluster1; no mesh is found there yet."
    )


def test_a_policy_is_ready_once_its_mesh_signs_and_is_trusted() -> None:
    assert read(ISSUED) == {
        "Accepted": (TRUE, "Accepted"),
        "VaultReachable": (TRUE, "Reachable"),
        "VaultConfigured": (TRUE, "Configured"),
        "CertificatesIssued": (TRUE, "Issued"),
        "TrustPropagated": (TRUE, "Propagated"),
        "Ready": (TRUE, "Ready"),
    }
    assert find(ISSUED)[ConditionType.READY].message == (
        f"istiod of {MESH.name} signs under the root of this policy."
    )


def test_a_policy_whose_mesh_lacks_its_agent_is_not_ready_and_says_what_to_do() -> None:
    found = read(NO_AGENT)
    assert found["VaultConfigured"] == (TRUE, "Configured")
    assert found["CertificatesIssued"] == found["Ready"] == (UNKNOWN, "WaitingForAgent")
    assert found["Reconciling"] == (TRUE, "Retrying")
    assert "`roottrust istiod-patch`" in find(NO_AGENT)[ConditionType.READY].message


def test_a_root_that_does_not_arrive_keeps_a_policy_from_being_ready() -> None:
    found = read(build_followed(build_instance(), mesh=build_mesh_status(self_signed=True)))
    assert found["CertificatesIssued"] == (TRUE, "Issued")
    assert found["TrustPropagated"] == found["Ready"] == (FALSE, "SelfSigned")


def test_what_will_not_last_leaves_a_policy_ready_and_is_its_message() -> None:
    ready = find(FAILING)[ConditionType.READY]
    assert ready.is_true
    assert "Vault x is sealed; what istiod serves lasts until" in ready.message
    assert read(FAILING)["CertificatesIssued"] == (TRUE, "AgentFailed")


def test_while_vault_is_away_the_meshes_are_told_as_they_are() -> None:
    found = read(replace(ISSUED, plan=None, outage=OUTAGE))
    assert found["Ready"] == (FALSE, "Sealed")
    assert found["CertificatesIssued"] == (TRUE, "Issued")
    assert found["TrustPropagated"] == (TRUE, "Propagated")


def test_certificates_that_are_not_written_are_told_by_an_observer() -> None:
    report = IssuanceReport(pending=2)
    found = find(replace(ISSUED, issuance=report))[ConditionType.CERTIFICATES_ISSUED]
    assert (found.status, found.reason) == (FALSE, Reason.CHANGES_PENDING)
    assert "`roottrust plan` shows them" in found.message


def test_what_is_in_the_way_of_certificates_goes_before_what_agents_report() -> None:
    report = replace(ISSUED.issuance or IssuanceReport(), fault=FAILURE)
    found = read(replace(ISSUED, issuance=report))
    assert found["CertificatesIssued"] == found["Ready"] == (FALSE, "AccessDenied")


def test_meshes_of_which_nothing_is_known_are_not_ready() -> None:
    found = read(replace(ISSUED, issuance=None))
    assert found["CertificatesIssued"] == (UNKNOWN, "WaitingForReport")
    assert found["Ready"] == (UNKNOWN, "WaitingForReport")


def test_a_refused_policy_is_stalled_and_vault_is_not_asked() -> None:
    assert read(REFUSED) == {
        "Accepted": (FALSE, "InvalidPath"),
        "VaultReachable": (UNKNOWN, "InvalidPath"),
        "VaultConfigured": (UNKNOWN, "InvalidPath"),
        "CertificatesIssued": (UNKNOWN, "InvalidPath"),
        "TrustPropagated": (UNKNOWN, "InvalidPath"),
        "Ready": (FALSE, "InvalidPath"),
        "Stalled": (TRUE, "InvalidPath"),
    }
    assert find(REFUSED)[ConditionType.READY].message == REFUSAL.message


def test_a_policy_that_misses_something_is_reconciling() -> None:
    found = find(Outcome(generation=1, refusal=MISSING))
    assert found[ConditionType.READY].status is UNKNOWN
    assert found[ConditionType.RECONCILING].reason == Reason.RETRYING
    assert found[ConditionType.RECONCILING].message == MISSING.message


def test_an_outage_is_told_and_everything_else_waits() -> None:
    found = read(AWAY)
    assert found["Accepted"] == (TRUE, "Accepted")
    assert found["VaultReachable"] == (FALSE, "Sealed")
    assert found["VaultConfigured"] == (UNKNOWN, "WaitingForVault")
    assert found["Ready"] == (FALSE, "Sealed")
    assert found["Reconciling"] == (TRUE, "Retrying")
    assert find(AWAY)[ConditionType.READY].message == OUTAGE.message


def test_a_failed_request_leaves_vault_reachable() -> None:
    found = read(FAILED)
    assert found["VaultReachable"] == (TRUE, "Reachable")
    assert found["VaultConfigured"] == found["Ready"] == (FALSE, "AccessDenied")
    assert "Reconciling" in found
    assert find(FAILED)[ConditionType.READY].message == FAILURE.message


def test_changes_still_to_be_made_are_counted() -> None:
    found = find(PENDING)[ConditionType.VAULT_CONFIGURED]
    assert (found.status, found.reason) == (UNKNOWN, Reason.CHANGES_PENDING)
    assert found.message == "5 changes in Vault are still to be made."


def test_changes_that_are_only_observed_are_false_and_point_at_the_drift() -> None:
    found = find(OBSERVED)[ConditionType.VAULT_CONFIGURED]
    assert (found.status, found.reason) == (FALSE, Reason.CHANGES_PENDING)
    assert "see status.drift" in found.message


def test_observing_a_vault_that_is_as_wanted_is_ready() -> None:
    assert find(replace(READY, is_observed_only=True))[ConditionType.READY].is_true


def test_without_a_plan_nothing_is_configured() -> None:
    found = read(replace(READY, plan=None))
    assert found["VaultConfigured"] == (UNKNOWN, "ChangesPending")


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "c0"), (3, "c0, c1, c2"), (5, "c0, c1, c2 and 2 more")]
)
def test_three_clusters_are_named_and_the_rest_counted(count: int, shown: str) -> None:
    target = build_target(*(build_cluster(f"c{number}") for number in range(count)))
    accepted = find(replace(READY, target=target))[ConditionType.ACCEPTED]
    assert accepted.message == f"The policy is accepted for {shown}."


def test_a_plan_without_faults_has_none() -> None:
    assert find_plan_fault(build_plan(a=None)) is None


def test_the_root_s_fault_goes_before_those_of_clusters() -> None:
    assert find_plan_fault(build_plan(REFUSAL, a=FAILURE)) == REFUSAL


def test_what_needs_a_person_goes_before_what_may_pass() -> None:
    assert find_plan_fault(build_plan(MISSING, a=FAILURE)) == FAILURE
    assert find_plan_fault(build_plan(MISSING, a=None)) == MISSING


def test_one_of_several_clusters_is_named_with_its_fault() -> None:
    fault = find_plan_fault(build_plan(a=None, b=FAILURE))
    assert fault == replace(FAILURE, message=f"b: {FAILURE.message}")


def test_a_fault_of_the_plan_is_that_of_the_condition() -> None:
    found = find(replace(READY, target=TWO, plan=build_plan(a=None, b=FAILURE)))
    assert found[ConditionType.VAULT_CONFIGURED].message == f"b: {FAILURE.message}"


@pytest.mark.parametrize(
    ("reason", "is_stalled"),
    [
        (Reason.CONFLICT, True),
        (Reason.SELECTED_BY_OLDER_POLICY, True),
        (Reason.ROOT_CHANGED, True),
        (Reason.ROOT_NOT_USABLE, True),
        (Reason.ROOT_NOT_FOUND, False),
        (Reason.ACCESS_DENIED, False),
        (Reason.REJECTED_BY_VAULT, False),
        (Reason.SECRET_NOT_FOUND, False),
    ],
)
def test_a_policy_is_stalled_only_by_what_does_not_pass_by_itself(
    reason: Reason, is_stalled: bool
) -> None:
    failure = replace(FAILURE, reason=reason)
    found = find(replace(READY, failure=failure))
    assert (ConditionType.STALLED in found) is is_stalled


def test_a_policy_that_matches_no_istiod_is_ready_and_says_what_keeps_it_from_one() -> None:
    near_miss = "selector app: x, but m has app: istiod"
    found = find(replace(READY, target=replace(build_target(), near_miss=near_miss)))
    told = {kind: (each.status, each.reason, each.message) for kind, each in found.items()}
    missed = f"No istiod in cluster1 matches: {near_miss}."
    assert told[ConditionType.CERTIFICATES_ISSUED] == (UNKNOWN, "NoMeshSelected", missed)
    assert told[ConditionType.TRUST_PROPAGATED] == (UNKNOWN, "NoMeshSelected", missed)
    assert told[ConditionType.READY] == (
        TRUE,
        "NoMeshSelected",
        f"Vault is ready for istiod of cluster1; none matches: {near_miss}.",
    )

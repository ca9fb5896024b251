"""What a cluster that tells nothing means for the policies that select it."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import ConditionStatus
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.condition_judgement import Judgement
from roottrust.domain.issuance_plan import plan_issuance
from roottrust.domain.issuance_report import IssuanceReport, report_issuance
from roottrust.domain.judgement import judge
from roottrust.domain.mesh_status import list_meshes
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.domain.target import ClusterTarget
from tests.unit.domain.agent_entries import build_instance, build_mesh_status, dump
from tests.unit.domain.certificates import NOW
from tests.unit.domain.issuances import CLUSTER, KEY, PLAN, build_certificate, build_request
from tests.unit.domain.samples import build_cluster, build_target

TROUBLE = ClusterTrouble(
    reason=Reason.CLUSTER_UNREACHABLE, message="It cannot be reached.", since=NOW
)
TOLD = "Cluster cluster1 (since 2030-01-01T00:00:00Z): It cannot be reached."


def report(*clusters: ClusterTarget) -> tuple[Outcome, IssuanceReport]:
    """Return what comes of meshes of which all is well as far as was known."""
    found = {**build_certificate(), "status": {"instances": dump(build_instance())}}
    target = build_target(*clusters)
    request = build_request({KEY: found}, target=target, reports={KEY: build_mesh_status()})
    issuance = report_issuance(request, plan_issuance(request), {}, is_observed_only=False, now=NOW)
    return Outcome(generation=1, target=target, plan=PLAN, issuance=issuance), issuance


def find(outcome: Outcome, kind: ConditionType) -> Judgement:
    return next(each for each in judge(outcome) if each.type is kind)


def test_meshes_of_a_cluster_that_tells_nothing_are_not_known_to_be_well() -> None:
    outcome, issuance = report(replace(CLUSTER, trouble=TROUBLE))
    for kind in (ConditionType.CERTIFICATES_ISSUED, ConditionType.READY):
        found = find(outcome, kind)
        assert (found.status, found.reason) == (
            ConditionStatus.UNKNOWN,
            Reason.CLUSTER_UNREACHABLE,
        )
        assert found.message == TOLD
    assert outcome.target is not None
    (mesh,) = list_meshes(outcome.target, issuance)
    assert mesh.message == TOLD
    assert mesh.earliest_not_after is not None, "what was known of it stays"


def test_a_cluster_may_have_meshes_that_are_not_known() -> None:
    outcome, _ = report(build_cluster(trouble=TROUBLE))
    assert find(outcome, ConditionType.READY).message == TOLD


def test_meshes_of_other_clusters_stay_as_they_are() -> None:
    away = build_cluster("cluster2", trouble=replace(TROUBLE, since=None))
    outcome, issuance = report(CLUSTER, away)
    assert find(outcome, ConditionType.READY).message == "Cluster cluster2: It cannot be reached."
    (mesh,) = issuance.meshes
    assert mesh.is_ready


def test_vault_is_ready_for_it_all_the_same() -> None:
    outcome, _ = report(replace(CLUSTER, trouble=TROUBLE))
    assert find(outcome, ConditionType.VAULT_CONFIGURED).status is ConditionStatus.TRUE

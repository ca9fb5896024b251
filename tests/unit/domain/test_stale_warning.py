from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from roottrust.api.choices import PolicyState
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.mesh_condition import build_unknown
from roottrust.domain.mesh_report import MeshReport
from roottrust.domain.policy_transition import list_transitions
from roottrust.domain.reasons import Reason
from roottrust.domain.stale_warning import find_stale_warning, warn_of_stale
from roottrust.domain.status import build_status
from tests.unit.domain.agent_entries import build_instance, build_mesh_status
from tests.unit.domain.certificates import NOW
from tests.unit.domain.issuances import KEY, OPTIONS, TARGET
from tests.unit.domain.outcomes import ISSUED, NO_AGENT
from tests.unit.domain.samples import MESH, build_cluster, build_target
from tests.unit.domain.test_mesh_report import read, report, serve

STALE = StaleWorkloads(
    since=datetime(2030, 1, 1, tzinfo=UTC),
    total=5,
    first=("shop/Deployment/cart", "shop/Pod/a", "shop/StatefulSet/db", "shop/Pod/b"),
)
WELL = build_mesh_status()
BEHIND = build_mesh_status(stale_workloads=STALE)


def find(*clusters: str, restarts_pods: bool = False) -> str | None:
    (fine,) = (ISSUED.issuance or IssuanceReport()).meshes
    meshes = [
        replace(fine, key=replace(KEY, cluster=each), stale=STALE if each > "a" else None)
        for each in clusters
    ]
    return warn_of_stale(meshes, restarts_pods=restarts_pods)


def test_workloads_of_one_mesh_are_told_with_a_command_to_paste() -> None:
    assert find("a", "b") == (
        f"WorkloadsStale: 5 workloads of {MESH.name} in b may still trust only the roots before "
        "(shop/Deployment/cart, shop/Pod/a, shop/StatefulSet/db and 2 more): set "
        "config.autoRestartPods in the RootTrustPolicy to have them restarted in order, create a "
        "PodBounceDirective, or restart them yourself in b, as by `kubectl rollout restart "
        "deployment/cart -n shop`."
    )


def test_many_meshes_have_one_warning() -> None:
    warning = find("c", "b", "d") or ""
    assert warning.startswith("WorkloadsStale: 15 workloads of 3 meshes may still trust")
    assert "restart them yourself in b, as by" in warning
    assert find("a") is None
    assert find() is None


def test_where_restarts_are_asked_for_nobody_is_told_to_restart() -> None:
    warning = find("b", restarts_pods=True) or ""
    assert "autoRestartPods has them restarted" in warning
    assert "rollout" not in warning


def test_it_is_found_among_warnings() -> None:
    warning = find("b") or ""
    assert find_stale_warning(("KeyGeneratedInVault: x", warning)) == warning
    assert find_stale_warning(("WorkloadsStaleness",)) is None


def test_what_a_cluster_reports_is_told_of_its_own_mesh_and_leaves_it_ready() -> None:
    told = report(serve(build_instance()), BEHIND)
    assert read(told).is_ready
    assert read(told).stale == STALE
    assert told.warnings == (warn_of_stale(told.meshes, restarts_pods=False),)
    asks = report(serve(build_instance()), BEHIND, options=replace(OPTIONS, restarts_pods=True))
    assert "autoRestartPods has them restarted" in asks.warnings[0]
    assert report(serve(build_instance()), WELL).warnings == ()


def build(
    mesh: MeshReport, *, before: RootTrustPolicyStatus | None = None
) -> RootTrustPolicyStatus:
    outcome = replace(ISSUED, target=TARGET, issuance=IssuanceReport(meshes=(mesh,)))
    return build_status(outcome, previous=before, now=NOW)


def build_report(*, stale: StaleWorkloads | None) -> MeshReport:
    (fine,) = (ISSUED.issuance or IssuanceReport()).meshes
    return replace(fine, stale=stale)


def test_the_status_has_the_first_of_them_and_is_a_warning() -> None:
    status = build(build_report(stale=STALE))
    (mesh,) = status.meshes
    assert mesh.stale_workloads is not None
    assert (mesh.stale_workloads.total, mesh.stale_workloads.first) == (5, STALE.first[:3])
    assert mesh.message is None
    assert status.state is PolicyState.WARNING
    assert status.message == status.warnings[0]
    ready = next(each for each in status.conditions if each.type == "Ready")
    assert ready.status == "True"


def test_meshes_with_such_workloads_go_before_those_that_are_well() -> None:
    clusters = tuple(build_cluster(name, meshes=(MESH,)) for name in ("a", "b", "c"))
    (bad,) = (NO_AGENT.issuance or IssuanceReport()).meshes
    meshes = (
        replace(build_report(stale=None), key=replace(KEY, cluster="a")),
        replace(build_report(stale=STALE), key=replace(KEY, cluster="b")),
        replace(bad, key=replace(KEY, cluster="c")),
    )
    outcome = replace(
        ISSUED, target=build_target(*clusters), issuance=IssuanceReport(meshes=meshes)
    )
    status = build_status(outcome, previous=None, now=NOW)
    assert [each.cluster for each in status.meshes] == ["c", "b", "a"]


def list_events(
    before: RootTrustPolicyStatus | None, after: RootTrustPolicyStatus
) -> list[tuple[str, bool]]:
    found = list_transitions(before, after)
    return [(each.reason, each.is_normal) for each in found if "Workloads" in each.reason]


def test_events_tell_that_there_are_some_and_that_none_is_left() -> None:
    well, behind = build(build_report(stale=None)), build(build_report(stale=STALE))
    assert list_events(None, well) == []
    assert list_events(well, behind) == [("WorkloadsStale", False)]
    assert list_events(behind, behind) == []
    assert list_events(behind, well) == [("WorkloadsRenewed", True)]


def test_a_cluster_that_tells_nothing_any_more_has_not_restarted_anything() -> None:
    unknown = build_unknown(Reason.WAITING_FOR_REPORT, "Nothing reports it.")
    silent = replace(build_report(stale=None), propagated=unknown)
    assert list_events(build(build_report(stale=STALE)), build(silent)) == []


@pytest.mark.parametrize("text", ["shop/Pod/\x1b[2J", "shop/Deployment", "../Pod/a", "a/b/c/d"])
def test_a_report_that_names_no_workload_is_no_report(text: str) -> None:
    with pytest.raises(ValueError, match="NAMESPACE/KIND/NAME"):
        StaleWorkloads.model_validate({"since": "2030-01-01T00:00:00Z", "first": [text]})

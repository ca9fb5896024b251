from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.api.pod_bounce_directive import PodSelector
from roottrust.domain.bounce_snapshot import AgeLimit, Group, NamespaceObjects, read_group
from roottrust.domain.bounced_workload import (
    TRUST_HASH_ANNOTATION,
    Rank,
    WorkloadKind,
    read_workload,
)
from roottrust.domain.disruption_budget import Budget
from tests.unit.domain.bounces import (
    HASH,
    build_manifest,
    build_name,
    build_owner,
    build_pod_manifest,
)

SELECTOR = PodSelector(namespace="bookinfo", labels={"app": "reviews"}, wait_for_replicas=2)


def read(*pods: dict[str, Any], objects: NamespaceObjects | None = None) -> Group:
    return read_group(SELECTOR, pods, objects or NamespaceObjects(), waits_for_roots=None)


def build_objects(*manifests: dict[str, Any], **more: Any) -> NamespaceObjects:
    return NamespaceObjects(workloads={WorkloadKind.DEPLOYMENT: manifests}, **more)


def test_a_workload_is_selected_by_its_template_also_while_it_has_no_pods() -> None:
    other = build_manifest("Deployment", "ratings")
    none = build_manifest("Deployment", "none", labels={"app": "reviews"}, spec={"replicas": 0})
    objects = build_objects(build_manifest("Deployment"), other, none)
    group = read(objects=objects)
    assert [each.name for each in group.workloads] == [build_name("reviews")]
    assert group.wait_for_replicas == 2


def test_a_workload_is_selected_by_labels_that_only_its_pods_have() -> None:
    replica_set = {"metadata": {"ownerReferences": [build_owner("apps/v1", "Deployment", "x")]}}
    objects = build_objects(build_manifest("Deployment", "x"), replica_sets={"x-1": replica_set})
    pod = build_pod_manifest("x-1-a", owner=("apps/v1", "ReplicaSet", "x-1"))
    group = read(pod, objects=objects)
    assert [each.name for each in group.workloads] == [build_name("x")]
    assert [each.name for each in group.workloads[0].pods] == ["x-1-a"]


def test_ready_pods_are_counted_without_those_that_leave_or_are_left_alone() -> None:
    owner = ("apps/v1", "StatefulSet", "store")
    group = read(
        build_pod_manifest("store-0", owner=owner),
        build_pod_manifest("store-1", owner=owner, deletionTimestamp="x"),
        build_pod_manifest("bare"),
    )
    assert group.ready_pods == 1
    assert [each.name.name for each in group.left_alone] == ["bare"]


def test_the_budget_of_its_pods_is_found() -> None:
    budget = {"metadata": {"name": "strict"}, "spec": {"selector": {}}}
    objects = build_objects(build_manifest("Deployment"), budgets=(budget,))
    assert read(objects=objects).workloads[0].budget == Budget(name="strict", allowed=0)


@pytest.mark.parametrize(
    ("labels", "annotations", "rank"),
    [
        ({"app": "istiod"}, {}, Rank.ISTIOD),
        ({"istio": "ingressgateway"}, {}, Rank.GATEWAY),
        ({"gateway.networking.k8s.io/gateway-name": "a"}, {}, Rank.GATEWAY),
        ({"app": "edge"}, {"inject.istio.io/templates": "gateway"}, Rank.GATEWAY),
        ({"app": "reviews"}, {"inject.istio.io/templates": "sidecar"}, Rank.WORKLOAD),
        ({}, {}, Rank.WORKLOAD),
    ],
)
def test_who_goes_first_is_told_by_what_istio_writes(
    labels: dict[str, str], annotations: dict[str, str], rank: Rank
) -> None:
    manifest = build_manifest("Deployment", labels=labels, annotations=annotations)
    assert read_workload(WorkloadKind.DEPLOYMENT, manifest).rank is rank


def test_the_trust_hash_is_that_of_the_template() -> None:
    manifest = build_manifest("Deployment", annotations={TRUST_HASH_ANNOTATION: HASH})
    workload = read_workload(WorkloadKind.DEPLOYMENT, manifest)
    assert workload.trust_hash == HASH
    assert str(workload.name) == "Deployment bookinfo/reviews"


MOMENT = datetime(2030, 1, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2030-01-01T11:59:59Z", "2030-01-01T12:00:00Z"
LIMIT = AgeLimit(created_before=MOMENT, trust_hash=HASH)


def read_by_age(
    created_at: str | None, *, limit: AgeLimit = LIMIT, trust_hash: str = "", **metadata: Any
) -> list[str]:
    """Return the workloads that are selected, of one that has one pod of that age."""
    owner = ("apps/v1", "StatefulSet", "store")
    annotations = {TRUST_HASH_ANNOTATION: trust_hash} if trust_hash else {}
    labels = {"app": "reviews"}
    manifest = build_manifest("StatefulSet", "store", labels=labels, annotations=annotations)
    objects = NamespaceObjects(workloads={WorkloadKind.STATEFUL_SET: (manifest,)})
    pod = build_pod_manifest("store-0", owner=owner, creationTimestamp=created_at, **metadata)
    bare = build_pod_manifest("bare", creationTimestamp=created_at)
    group = read_group(SELECTOR, [pod, bare], objects, waits_for_roots=None, limit=limit)
    return [each.name.name for each in (*group.workloads, *group.left_alone)]


def test_by_age_only_workloads_with_an_older_pod_are_selected() -> None:
    assert read_by_age(BEFORE) == ["store", "bare"]
    assert read_by_age(None) == ["store", "bare"]
    assert read_by_age(AFTER) == []


def test_a_pod_that_goes_already_needs_no_restart_for_its_age() -> None:
    assert "store" not in read_by_age(BEFORE, deletionTimestamp=AFTER)


def test_a_workload_that_was_old_stays_selected_until_its_restart_is_done() -> None:
    assert read_by_age(AFTER, trust_hash=HASH) == ["store"]
    assert read_by_age(AFTER, trust_hash="f" * 64) == []
    started = frozenset({build_name("store", kind="StatefulSet")})
    assert read_by_age(AFTER, limit=replace(LIMIT, started=started)) == ["store"]

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.stale_workloads import StaleWorkloads
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.published_bundle import read_published
from roottrust.domain.stale_workloads import (
    RootChange,
    find_root_change,
    find_stale_workloads,
    name_workload,
)
from roottrust.domain.trust_restart import WorkloadTrust, note_stale
from tests.unit.domain.observations import OTHER, ROOT, build_root_pem, build_trust

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SINCE = datetime(2030, 1, 1, 11, tzinfo=UTC)
HERE, ELSEWHERE = (ROOT.roots[0].fingerprint,), (OTHER.roots[0].fingerprint,)
CHANGE = RootChange(roots=HERE, since=SINCE)
TOLD = StaleWorkloads(since=SINCE, roots=HERE, total=1, first=("default/Pod/one",))


def build_owner(kind: str, name: str, **changes: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True, **changes}


def build_pod(
    name: str = "one",
    *,
    namespace: str = "default",
    created_at: datetime = SINCE - timedelta(days=1),
    owner: dict[str, Any] | None = None,
    labels: dict[str, str] | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    own = {"service.istio.io/canonical-name": "app", **(labels or {})}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": own,
            "annotations": {"istio.io/rev": "default"},
            "creationTimestamp": f"{created_at:%Y-%m-%dT%H:%M:%SZ}",
            "ownerReferences": [owner] if owner else [],
            **metadata,
        }
    }


def change(
    trust: ObservedTrust,
    *,
    restarted_for: tuple[str, ...] = ELSEWHERE,
    told: StaleWorkloads | None = None,
) -> RootChange | None:
    return find_root_change(trust, restarted_for=restarted_for, told=told, now=NOW)


def test_roots_that_are_others_than_before_are_a_change_since_they_were_written() -> None:
    fields = {"f:data": {"f:root-cert.pem": {}}}
    published = read_published(
        {
            "metadata": {
                "managedFields": [
                    {"time": "2029-01-01T00:00:00Z", "fieldsV1": fields},
                    {"time": "2030-01-01T11:00:00Z", "fieldsV1": fields},
                    {"time": "2030-01-01T11:30:00Z", "fieldsV1": {"f:metadata": {}}},
                    {"fieldsV1": fields},
                ]
            },
            "data": {"root-cert.pem": build_root_pem()},
        }
    )
    assert change(build_trust(published=published)) == CHANGE


def test_where_nobody_says_when_they_were_written_it_was_now() -> None:
    assert change(build_trust()) == RootChange(roots=HERE, since=NOW)


@pytest.mark.parametrize(
    ("changes", "restarted_for"),
    [
        ({}, HERE),
        ({}, ()),
        ({"published": None}, ELSEWHERE),
        ({"published": OTHER}, HERE),
        ({"pinned": None}, HERE),
    ],
)
def test_what_is_no_change_leaves_everything_as_it_was(
    changes: dict[str, Any], restarted_for: tuple[str, ...]
) -> None:
    trust = build_trust(**changes)
    assert change(trust, restarted_for=restarted_for) is None
    assert change(trust, restarted_for=restarted_for, told=TOLD) == CHANGE


def test_where_nobody_pins_roots_any_more_others_are_no_change_and_end_one() -> None:
    assert change(build_trust(pinned=None)) is None
    assert change(build_trust(pinned=None, published=OTHER), told=TOLD) is None
    assert change(build_trust(pinned=None), told=TOLD) == CHANGE


def test_the_way_back_is_a_change_too() -> None:
    """Pods that started under the other roots may trust those alone."""
    told = TOLD.model_copy(update={"roots": ELSEWHERE})
    assert change(build_trust(), restarted_for=HERE, told=told) == RootChange(roots=HERE, since=NOW)


def find(*pods: dict[str, Any], **changes: Any) -> tuple[str, ...]:
    found = find_stale_workloads(build_trust(**changes), CHANGE, pods)
    return found.first if found else ()


def test_pods_that_are_not_younger_than_the_change_are_told_by_who_keeps_them() -> None:
    assert find(
        build_pod("old"),
        build_pod("as-old", created_at=SINCE),
        build_pod("young", created_at=SINCE + timedelta(seconds=1)),
        build_pod("going", deletionTimestamp="2030-01-01T11:00:00Z"),
    ) == ("default/Pod/as-old", "default/Pod/old")


def test_young_pods_count_as_well_where_the_namespace_lacks_the_roots() -> None:
    young = build_pod(created_at=SINCE + timedelta(minutes=1))
    assert find(young, bundles={"default": OTHER.text_fingerprint}) == ("default/Pod/one",)
    assert find(young) == ()


def test_what_is_pinned_and_not_published_yet_accuses_nobody() -> None:
    young = build_pod(created_at=SINCE + timedelta(minutes=1))
    assert find(young, pinned=OTHER.text_fingerprint) == ()


def test_pods_of_others_do_not_count() -> None:
    revision = {"annotations": {"istio.io/rev": "canary"}}
    assert find(build_pod(namespace="elsewhere"), build_pod(**revision)) == ()
    bare = build_pod()
    bare["metadata"]["labels"] = {}
    assert find(bare) == ()


def test_many_workloads_are_counted_and_the_first_are_named() -> None:
    found = find_stale_workloads(
        build_trust(), CHANGE, [build_pod(f"pod-{number:03}") for number in range(100)]
    )
    assert found is not None
    assert (found.total, len(found.first), found.first[0]) == (100, 20, "default/Pod/pod-000")
    assert (found.since, found.roots) == (SINCE, HERE)


@pytest.mark.parametrize(
    ("owner", "labels", "name"),
    [
        (None, {}, "Pod/one"),
        (build_owner("StatefulSet", "db"), {}, "StatefulSet/db"),
        (build_owner("Job", "once"), {}, "Job/once"),
        (build_owner("ReplicaSet", "web-5d4f"), {"pod-template-hash": "5d4f"}, "Deployment/web"),
        (build_owner("ReplicaSet", "web-5d4f"), {}, "ReplicaSet/web-5d4f"),
        (build_owner("ReplicaSet", "web-5d4f"), {"pod-template-hash": "x"}, "ReplicaSet/web-5d4f"),
        (build_owner("StatefulSet", "db", controller=False), {}, "Pod/one"),
        (build_owner("Odd/../Kind", "x"), {}, "Pod/one"),
        (build_owner("Set", "a\n\x1b[2J"), {}, "Pod/one"),
    ],
)
def test_a_workload_is_what_a_person_restarts(
    owner: dict[str, Any] | None, labels: dict[str, str], name: str
) -> None:
    pod = build_pod(owner=owner, labels=labels)
    assert name_workload(pod["metadata"]) == f"default/{name}"


def test_a_change_is_over_when_all_have_followed() -> None:
    known = WorkloadTrust(restarted_for=ELSEWHERE, stale=TOLD)
    assert note_stale(known, CHANGE, TOLD) == known
    assert note_stale(known, CHANGE, None) == WorkloadTrust(restarted_for=HERE)
    assert note_stale(WorkloadTrust(restarted_for=ELSEWHERE), None, None) == WorkloadTrust(
        restarted_for=ELSEWHERE
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=20))
def test_what_is_told_fits_and_restarting_all_of_it_ends_it(pods: list[tuple[int, int]]) -> None:
    found = find_stale_workloads(
        build_trust(),
        CHANGE,
        [
            build_pod(
                f"p-{number}",
                owner=build_owner("StatefulSet", f"set-{number}"),
                created_at=SINCE + timedelta(seconds=age),
            )
            for number, age in pods
        ],
    )
    old = {number for number, age in pods if age <= 0}
    assert (found.total if found else 0) == len(old)

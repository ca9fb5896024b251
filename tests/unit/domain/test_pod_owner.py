from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.bounced_workload import WorkloadName
from roottrust.domain.pod_owner import LeftAlone, find_owner, read_pod
from roottrust.domain.reasons import Reason
from tests.unit.domain.bounces import HASH, build_name, build_owner, build_pod_manifest

REPLICA_SET = ("apps/v1", "ReplicaSet", "reviews-1")


def find(pod: dict[str, Any], **replica_sets: Any) -> WorkloadName | LeftAlone | None:
    names = {name.replace("_", "-"): each for name, each in replica_sets.items()}
    return find_owner(pod, names)


def build_set(*owner: str) -> dict[str, Any]:
    owners = [build_owner(*owner)] if owner else []
    return {"metadata": {"name": "reviews-1", "ownerReferences": owners}}


def test_the_owner_is_found_through_its_replica_set() -> None:
    pod = build_pod_manifest("reviews-1-a", owner=REPLICA_SET)
    found = find(pod, reviews_1=build_set("apps/v1", "Deployment", "reviews"))
    assert found == build_name("reviews")


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_sets_own_their_pods_themselves(kind: str) -> None:
    pod = build_pod_manifest("store-0", owner=("apps/v1", kind, "store"))
    assert find(pod) == build_name("store", kind=kind)


def test_a_pod_whose_replica_set_went_meanwhile_is_passed_over() -> None:
    assert find(build_pod_manifest("reviews-1-a", owner=REPLICA_SET)) is None


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_needs_no_restart(phase: str) -> None:
    assert find(build_pod_manifest("done", phase=phase)) is None


def get_reason(pod: dict[str, Any], **replica_sets: Any) -> tuple[str, str, Reason]:
    found = find(pod, **replica_sets)
    assert isinstance(found, LeftAlone)
    return found.name.kind, found.name.name, found.reason


def test_what_nobody_would_replace_is_left_alone() -> None:
    assert get_reason(build_pod_manifest("bare")) == ("Pod", "bare", Reason.NO_CONTROLLER)
    mirror = build_pod_manifest(
        "etcd-1",
        owner=("v1", "Node", "node-1"),
        annotations={"kubernetes.io/config.mirror": "x"},
    )
    assert get_reason(mirror) == ("Pod", "etcd-1", Reason.MIRROR_POD)
    job = build_pod_manifest("job-a", owner=("batch/v1", "Job", "job"))
    assert get_reason(job) == ("Job", "job", Reason.JOB)


def test_owners_that_are_not_known_are_left_alone() -> None:
    pod = build_pod_manifest("reviews-1-a", owner=REPLICA_SET)
    assert get_reason(pod, reviews_1=build_set()) == (
        "ReplicaSet",
        "reviews-1",
        Reason.UNKNOWN_OWNER,
    )
    rollout = build_set("argoproj.io/v1alpha1", "Rollout", "reviews")
    assert get_reason(pod, reviews_1=rollout) == ("Rollout", "reviews", Reason.UNKNOWN_OWNER)
    other = build_pod_manifest("a", owner=("example.com/v1", "StatefulSet", "theirs"))
    assert get_reason(other) == ("StatefulSet", "theirs", Reason.UNKNOWN_OWNER)


def test_of_a_pod_is_read_what_its_template_said_and_whether_it_is_ready() -> None:
    pod = read_pod(build_pod_manifest("a", trust_hash=HASH, deletionTimestamp="x"))
    assert (pod.trust_hash, pod.is_ready, pod.is_leaving) == (HASH, True, True)
    pod = read_pod({"metadata": {"name": "a"}})
    assert (pod.trust_hash, pod.is_ready, pod.is_leaving) == (None, False, False)

"""What is told in numbers of objects that come and go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.api.mesh import MeshStatus
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.runtime.metrics import Metrics

END = "2027-03-01T00:00:00Z"
END_SECONDS = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
FINGERPRINT = "ab" * 32
POLICY = {"namespace": "ns", "policy": "p"}

MESH = {
    "cluster": "c1",
    "mesh": "istiod-istio-system-c1",
    "instancesReady": 1,
    "instancesTotal": 2,
    "earliestNotAfter": END,
    "namespacesInSync": 9,
    "namespacesTotal": 12,
}
ROTATION: dict[str, Any] = {
    "stage": "Prove",
    "stageStartedAt": END,
    "message": "Prove of generation 2: Drop waits for a person.",
    "clusters": [
        {"name": "c1", "meshesDone": 1, "meshesTotal": 4, "message": "x"},
        {"name": "c2", "meshesDone": 2, "meshesTotal": 2},
    ],
}

Read = Callable[..., float | None]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def read(metrics: Metrics) -> Read:
    def read(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"roottrust_{name}", labels)

    return read


def _show(metrics: Metrics, **status: Any) -> None:
    metrics.show_policy("ns", "p", RootTrustPolicyStatus.model_validate(status))


def test_a_policy_shows_its_root_and_its_counts(metrics: Metrics, read: Read) -> None:
    _show(
        metrics,
        root={"subject": "CN=Root", "fingerprint": FINGERPRINT, "notAfter": END},
        meshTotals={"total": 7, "ready": 5},
        drift=[{"path": "sys/policy/x"}],
        warnings=["a", "b"],
    )
    assert read("policy_root_not_after_timestamp_seconds", **POLICY) == END_SECONDS
    names = ("meshes", "ready_meshes", "differences", "warnings")
    assert [read(f"policy_{name}", **POLICY) for name in names] == [7, 5, 1, 2]


def test_what_a_status_does_not_know_has_no_value(metrics: Metrics, read: Read) -> None:
    _show(metrics)
    assert read("policy_root_not_after_timestamp_seconds", **POLICY) is None
    assert read("policy_meshes", **POLICY) is None
    assert read("policy_differences", **POLICY) == 0


def test_a_mesh_of_a_policy_is_gone_with_its_entry(metrics: Metrics, read: Read) -> None:
    labels = {**POLICY, "cluster": "c1", "mesh": "istiod-istio-system-c1"}
    _show(metrics, meshes=[MESH])
    end = read("policy_mesh_intermediate_not_after_timestamp_seconds", **labels)
    names = ("istiods", "ready_istiods", "namespaces", "stale_namespaces")
    assert end == END_SECONDS
    assert [read(f"policy_mesh_{name}", **labels) for name in names] == [2, 1, 12, 3]
    _show(metrics)
    assert read("policy_mesh_istiods", **labels) is None


def test_a_rotation_shows_its_stage_and_who_is_left(metrics: Metrics, read: Read) -> None:
    labels = {**POLICY, "stage": "Prove"}
    _show(metrics, rotation=ROTATION)
    names = ("stage_state", "waiting_clusters", "waiting_meshes", "person_needed_state")
    assert [read(f"root_rotation_{name}", **labels) for name in names] == [1, 1, 3, 0]
    assert read("root_rotation_stage_started_timestamp_seconds", **labels) == END_SECONDS
    _show(metrics, rotation={**ROTATION, "stage": "Drop"})
    assert read("root_rotation_stage_state", **labels) is None
    assert read("root_rotation_stage_state", **POLICY, stage="Drop") == 1
    _show(metrics, rotation={"rootGeneration": 2})
    assert read("root_rotation_stage_state", **POLICY, stage="Drop") is None


def test_a_rotation_shows_that_it_needs_a_person(metrics: Metrics, read: Read) -> None:
    _show(metrics, rotation=ROTATION, warnings=["Drop waits for a person."])
    assert read("root_rotation_person_needed_state", **POLICY, stage="Prove") == 1


def test_a_rotation_is_shown_for_its_owner_alone(metrics: Metrics, read: Read) -> None:
    _show(metrics, rotation={**ROTATION, "owner": "ns/first"})
    assert read("root_rotation_stage_state", **POLICY, stage="Prove") is None


def test_nothing_is_left_of_a_policy_that_is_gone(metrics: Metrics) -> None:
    _show(metrics, meshes=[MESH], rotation=ROTATION, meshTotals={"total": 1})
    metrics.forget_policy(namespace="ns", policy="p")
    assert 'policy="p"' not in metrics.render().decode()


def test_a_mesh_comes_and_goes(metrics: Metrics, read: Read) -> None:
    status = MeshStatus.model_validate(
        {
            "namespaces": {"inSync": 10, "total": 12},
            "istiod": {"ready": 1, "total": 2},
            "selfSigned": True,
            "staleWorkloads": {"since": END, "total": 4},
        }
    )
    metrics.show_mesh("m", status)
    names = ("istiods", "ready_istiods", "namespaces", "stale_namespaces", "stale_workloads")
    assert [read(f"mesh_{name}", mesh="m") for name in names] == [2, 1, 12, 2, 4]
    assert read("mesh_self_signed_state", mesh="m") == 1
    metrics.show_mesh("m", MeshStatus())
    assert read("mesh_istiods", mesh="m") is None
    metrics.show_mesh("m", status)
    metrics.forget_mesh("m")
    assert 'mesh="m"' not in metrics.render().decode()


def test_restarts_come_and_go(metrics: Metrics, read: Read) -> None:
    workload = {"namespace": "shop", "kind": "Deployment"}
    status = PodBounceDirectiveStatus.model_validate(
        {
            "total": 3,
            "done": 1,
            "workloads": [
                {**workload, "name": "cart", "state": "Failed"},
                {**workload, "name": "till", "state": "Done"},
            ],
        }
    )
    metrics.show_bounce("ns", "d", status)
    labels = {"namespace": "ns", "directive": "d"}
    names = ("workloads", "done_workloads", "failed_workloads")
    assert [read(f"bounce_{name}", **labels) for name in names] == [3, 1, 1]
    metrics.show_bounce("ns", "d", PodBounceDirectiveStatus())
    assert read("bounce_workloads", **labels) is None
    metrics.show_bounce("ns", "d", status)
    metrics.forget_bounce(namespace="ns", directive="d")
    assert 'directive="d"' not in metrics.render().decode()

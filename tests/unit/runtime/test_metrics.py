from __future__ import annotations

import time

import pytest

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.runtime.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def _ready(status: str) -> RootTrustPolicyStatus:
    return RootTrustPolicyStatus.model_validate(
        {
            "conditions": [
                {
                    "type": "Ready",
                    "status": status,
                    "reason": "Ready",
                    "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }
            ]
        }
    )


def test_two_processes_in_one_test_do_not_clash(metrics: Metrics) -> None:
    assert Metrics().registry is not metrics.registry


def test_queue_is_read_at_each_scrape(metrics: Metrics) -> None:
    depth = [1.0]
    metrics.show_queue(depth=lambda: depth[0], oldest=lambda: 2.0)
    depth[0] = 7.0
    assert metrics.registry.get_sample_value("roottrust_queue_keys") == 7


def test_watch_is_read_at_each_scrape(metrics: Metrics) -> None:
    metrics.show_watch(kind="meshes.x", age=lambda: 3.0, is_silent=lambda: True)
    labels = {"kind": "meshes.x"}
    read = metrics.registry.get_sample_value
    last = read("roottrust_watch_last_event_timestamp_seconds", labels)
    assert last == pytest.approx(time.time() - 3, abs=60)
    assert read("roottrust_watch_silent_state", labels) == 1


def test_leader_is_read_at_each_scrape(metrics: Metrics) -> None:
    leads = [True]
    metrics.show_leader(lambda: leads[0])
    read = metrics.registry.get_sample_value
    assert read("roottrust_leader_state") == 1
    leads[0] = False
    assert read("roottrust_leader_state") == 0


def test_clusters_are_counted_at_each_scrape(metrics: Metrics) -> None:
    counts = {"well": 3, "troubled": 1}
    metrics.show_clusters({state: lambda state=state: counts[state] for state in counts})
    read = metrics.registry.get_sample_value
    assert read("roottrust_registered_clusters", {"state": "well"}) == 3
    counts["troubled"] = 2
    assert read("roottrust_registered_clusters", {"state": "troubled"}) == 2


def test_renewals_of_the_lease_are_counted_apart(metrics: Metrics) -> None:
    metrics.count_lease_write(verb="patch", kind="leases.coordination.k8s.io", result="ok")
    assert 'roottrust_lease_writes_total{result="ok"} 1.0' in metrics.render().decode()


def test_conditions_of_a_policy_come_and_go(metrics: Metrics) -> None:
    labels = {"namespace": "ns", "policy": "p", "condition": "Ready"}
    for status, value in (("True", 1), ("False", 0), ("Unknown", -1)):
        metrics.show_policy("ns", "p", _ready(status))
        found = metrics.registry.get_sample_value("roottrust_policy_condition_state", labels)
        assert found == value
    metrics.forget_policy(namespace="ns", policy="p")
    assert metrics.registry.get_sample_value("roottrust_policy_condition_state", labels) is None


def test_conditions_can_be_asked_for_alone(metrics: Metrics) -> None:
    metrics.show_policy("ns", "p", _ready("True"))
    text = metrics.render(["roottrust_policy_condition_state"]).decode()
    assert 'condition="Ready",namespace="ns",policy="p"} 1.0' in text
    assert "roottrust_bugs" not in text


def test_requests_and_writes_are_counted(metrics: Metrics) -> None:
    metrics.count_vault_request(method="GET", path_class="sys/mounts", status="200", seconds=0.1)
    metrics.count_vault_login(method="kubernetes", result="ok")
    metrics.count_kubernetes_write(verb="patch", kind="meshes.x", result="ok")
    text = metrics.render().decode()
    assert 'roottrust_vault_requests_total{method="GET",path_class="sys/mounts"' in text
    assert 'roottrust_vault_logins_total{method="kubernetes",result="ok"} 1.0' in text
    assert 'roottrust_kubernetes_writes_total{kind="meshes.x",result="ok",verb="patch"}' in text


def test_reconciles_are_timed_by_result(metrics: Metrics) -> None:
    metrics.count_reconcile(result="transient", seconds=0.2)
    text = metrics.render().decode()
    assert 'roottrust_reconcile_seconds_bucket{le="0.25",result="transient"} 1.0' in text
    assert 'roottrust_reconciles_total{result="transient"} 1.0' in text


def test_repairs_of_a_policy_begin_at_0_and_end_with_it(metrics: Metrics) -> None:
    labels = {"namespace": "ns", "policy": "p"}
    counts = []
    metrics.show_policy("ns", "p", _ready("True"))
    counts.append(metrics.registry.get_sample_value("roottrust_drift_repairs_total", labels))
    metrics.count_repair(namespace="ns", policy="p")
    counts.append(metrics.registry.get_sample_value("roottrust_drift_repairs_total", labels))
    metrics.forget_policy(namespace="ns", policy="p")
    counts.append(metrics.registry.get_sample_value("roottrust_drift_repairs_total", labels))
    assert counts == [0, 1, None]

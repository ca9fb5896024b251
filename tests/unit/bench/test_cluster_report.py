from __future__ import annotations

import pytest

from roottrust.domain.cluster_registration import read_registrations
from tests.bench.clusters.meter import subtract
from tests.bench.clusters.places import build_policy, build_secret, list_dead, list_names
from tests.bench.clusters.replay import build_certificate, keep_set
from tests.bench.clusters.report import build_growth, build_report, build_table
from tests.unit.bench.cluster_measurements import build_cluster_measurement, build_costs
from tests.unit.domain.kubeconfigs import CA_PEM

THREE = [build_cluster_measurement(count) for count in (10, 100, 1000)]


def test_what_is_linear_costs_the_same_for_each_cluster_more() -> None:
    lines = build_growth(THREE).splitlines()
    assert lines[0] == "| a cluster more costs | 10 → 100 | 100 → 1000 |"
    assert "| one policy to all issued, ms | 50.00 | 50.00 |" in lines
    assert "| memory, KB | 256.00 | 256.00 |" in lines


def test_what_grows_faster_shows() -> None:
    slow = build_cluster_measurement(1000, seconds=500)
    lines = build_growth([*THREE[:2], slow]).splitlines()
    assert "| one policy to all issued, ms | 50.00 | 550.00 |" in lines


def test_one_count_has_no_growth_and_is_shown() -> None:
    report = build_report(THREE[:1])
    assert "| a cluster more costs |\n" in report
    assert "|  | 10 clusters |" in report


def test_table_has_a_column_for_each_count() -> None:
    lines = build_table(THREE).splitlines()
    assert lines[0] == "|  | 10 clusters | 100 clusters | 1000 clusters |"
    assert "| **ratio** | **2.00** | **2.00** | **2.00** |" in lines
    assert "| meshes in the policy's status, 100 at most | 10 | 100 | 100 |" in lines
    assert "| looks at each cluster in Vault | 2.00 | 2.00 | 2.00 |" in lines
    assert "| of the time with all alive | 1.50 | 1.50 | 1.50 |" in lines
    assert {line.count("|") for line in lines} == {5}


def test_costs_are_what_was_used_in_between() -> None:
    found = subtract(build_costs(30, writes=7), build_costs(10, writes=2))
    assert found.cpu.proxy == pytest.approx(0.2)
    assert (found.vault_requests, found.cluster_reads) == (180, 80)
    assert (found.kubernetes_writes, found.cluster_writes, found.reconciles) == (5, 5, 0)


def test_every_tenth_cluster_dies() -> None:
    names = list_names(100)
    assert len(list_dead(names)) == 10
    assert list_dead(list_names(10)) == ("member-0010",)
    assert set(list_dead(names)) < set(names)


def test_a_secret_registers_the_cluster_that_the_policy_selects() -> None:
    server = "https://127.0.0.1:8443/member-0001"
    secret = build_secret("member-0001", server=server, ca_pem=CA_PEM, token="t")
    found = read_registrations([secret], own_name="bench")
    assert found.refused == ()
    known = found.used["member-0001"]
    assert known.access.server == server
    (selector,) = build_policy()["spec"]["applyToMeshes"]
    assert selector["istio"]["clusterSelector"].items() <= known.labels.items()


def test_what_is_written_once_more_is_what_somebody_set() -> None:
    assert keep_set({"a": "x", "b": "", "c": [], "d": 0, "e": None}) == {"a": "x"}
    metadata = {"name": "n", "namespace": "m", "labels": {}, "annotations": {}}
    found = {
        "apiVersion": "v",
        "kind": "k",
        "metadata": {**metadata, "uid": "u", "resourceVersion": "9"},
        "spec": {"a": 1},
        "status": {"b": 2},
    }
    assert build_certificate(found) == {
        "apiVersion": "v",
        "kind": "k",
        "metadata": metadata,
        "spec": {"a": 1},
    }

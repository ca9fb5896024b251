"""Policies that meet: at one mesh, or at the same paths in Vault; each says who counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from testbed import Cluster
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.resync import nudge_and_wait
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

pytestmark = pytest.mark.usefixtures("operator")


def check_younger(policy: Policy, *, older: Policy) -> None:
    """Check that every place in which people look says why the policy does nothing."""
    condition = policy.wait_for("Accepted", "False", "SelectedByOlderPolicy")
    assert older.full_name in condition["message"]
    assert policy.read_conditions()["Stalled"]["status"] == "True"
    assert policy.read_status()["state"] == "INVALID"
    policy.wait_for_events("SelectedByOlderPolicy")
    described = policy.kubectl("describe", "rtp", policy.name)
    assert f"The older policy {older.full_name} is for the same meshes" in described
    assert "Warning  SelectedByOlderPolicy" in described.partition("Events:")[2]
    (line,) = policy.kubectl("get", "rtp", policy.name, "--no-headers").splitlines()
    assert f"The older policy {older.full_name}" in line


def test_of_two_policies_for_one_mesh_the_older_counts_before_and_after_it_is_seen(
    make_policy: MakePolicy, names: Names, admin: Ask, cluster: Cluster, namespace: str
) -> None:
    first = make_policy(names, name="first")
    first.wait_until_ready()
    others = build_names(f"{names.role.rpartition('_')[2]}b", mesh_namespace=names.mesh_namespace)
    second = make_policy(others, name="second")
    check_younger(second, older=first)
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod")
    wait_for(first.read_status, lambda status: status["meshTotals"]["total"] == 1)
    check_younger(second, older=first)
    assert read(admin, f"sys/auth/{others.auth_mount}") is None
    assert len(second.wait_for_events("SelectedByOlderPolicy")) == 1
    first.delete()
    second.wait_for("VaultConfigured", "True")
    # What the first one left beside istiod goes on under the same root.
    second.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    assert second.read_status()["meshTotals"]["total"] == 1
    assert read(admin, f"sys/auth/{others.auth_mount}")


def test_mesh_that_appears_is_told_as_an_update_and_not_as_a_repair(
    make_policy: MakePolicy, names: Names, cluster: Cluster, namespace: str
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod")
    (told,) = wait_for(lambda: policy.read_events("Updated"), bool)
    assert told == f"Updated in Vault: {names.paths[-1]} (bound_service_account_names)."
    assert policy.read_events("DriftRepaired") == []


def test_of_two_new_policies_that_name_the_same_paths_the_younger_makes_none_of_them(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    operator.kill()
    older = make_policy(names, name="older")
    wait_for_next_second(older)
    younger = make_policy(replace(names, mesh_namespace="istio-elsewhere"), name="younger")
    operator.start()
    condition = younger.wait_for("VaultConfigured", "False", "Conflict")
    for path in (names.auth_mount, names.intermediate_mount, names.role):
        assert f"{path} belongs to RootTrustPolicy {older.full_name} of hub" in condition["message"]
    older.wait_until_ready()
    before, writes = read_objects(admin, names), operator.count_writes()["vault"]
    nudge_and_wait(operator, younger, older)
    older.wait_until_ready()
    younger.wait_for("Stalled", "True", "Conflict")
    described = younger.kubectl("describe", "rtp", younger.name)
    assert f"belongs to RootTrustPolicy {older.full_name}" in described
    assert read_objects(admin, names) == before
    assert operator.count_writes()["vault"] == writes
    assert "younger" not in str(before)


def wait_for_next_second(policy: Policy) -> None:
    """Wait until whatever is created now is younger than the policy."""
    created = datetime.fromisoformat(policy.read()["metadata"]["creationTimestamp"])
    wait_for(lambda: datetime.now(UTC), lambda now: now >= created + timedelta(seconds=1))

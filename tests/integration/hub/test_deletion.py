"""A deleted policy goes at once, and leaves Vault as it is."""

from __future__ import annotations

import json
import uuid

from testbed import Cluster
from tests.integration.hub.names import Names, build_names, read_accessor, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask


def test_deleted_policy_leaves_vault_as_it_is(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    assert "finalizers" not in policy.read()["metadata"]
    before = read_objects(admin, names)
    assert policy.full_name in operator.list_known()
    policy.delete()
    wait_for(operator.list_known, lambda known: policy.full_name not in known)
    assert read_objects(admin, names) == before


def test_policy_that_is_made_anew_finds_its_objects(
    make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    accessor = read_accessor(admin, names)
    policy.delete()
    again = make_policy(names)
    again.wait_until_ready()
    assert read_accessor(admin, names) == accessor
    assert {each["origin"] for each in again.read_status()["managedObjects"]} == {"Created"}


def test_policy_goes_while_no_operator_runs(
    make_policy: MakePolicy, names: Names, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    operator.kill()
    policy.delete()


def test_namespace_with_a_policy_goes(cluster: Cluster, operator: OperatorProcess) -> None:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", namespace)
    policy = Policy(cluster=cluster, namespace=namespace, name="mine")
    policy.apply(build_names(namespace[5:]).build_changes())
    policy.wait_until_ready()
    cluster.kubectl("delete", "namespace", namespace, "--timeout=30s")
    found = json.loads(cluster.kubectl("get", "namespaces", "-o=json").stdout)
    assert namespace not in {each["metadata"]["name"] for each in found["items"]}

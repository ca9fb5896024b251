"""deletionPolicy Delete while Vault cannot be used: it ends, and says what is left behind."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.configuration import DELETION_SECONDS
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask

DELETE = {"spec.management": {"deletionPolicy": "Delete"}}
END_SECONDS = DELETION_SECONDS + 20


@pytest.fixture
def lost(
    operator: OperatorProcess, build_operator: BuildOperator, vault: Vault, token_file: Any
) -> Iterator[OperatorProcess]:
    """Another operator, not started yet, to which Vault cannot be reached."""
    nowhere = SimpleNamespace(address="https://127.0.0.1:1", ca_file=vault.ca_file)
    login = {"tokenFile": {"path": str(token_file)}}
    built = build_operator("operator-without-vault", cast("Vault", nowhere), login)
    yield built
    built.kill()


def test_policy_goes_in_time_and_says_what_is_left(
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    operator: OperatorProcess,
    lost: OperatorProcess,
) -> None:
    policy = make_policy(names, DELETE)
    policy.wait_until_ready()
    before = read_objects(admin, names)
    operator.kill()
    lost.start()
    policy.start_deletion()
    waiting = policy.wait_for("Ready", "False", "Deleting")
    assert "cannot be reached: connection refused" in waiting["message"]
    assert policy.read_conditions()["VaultReachable"]["reason"] == "Unreachable"
    policy.wait_until_gone(seconds=END_SECONDS)
    (told,) = wait_for(lambda: policy.read_events("LeftInVault"), bool)
    for command in (
        f"vault policy delete {names.role}",
        f"vault auth disable {names.auth_mount}",
        f"vault secrets disable {names.intermediate_mount}",
    ):
        assert command in told
    assert "pki;" not in told
    assert read_objects(admin, names) == before


def list_namespaces(cluster: Cluster) -> set[str]:
    found = json.loads(cluster.kubectl("get", "namespaces", "-o=json").stdout)
    return {each["metadata"]["name"] for each in found["items"]}


def make_own_namespace(cluster: Cluster) -> tuple[Policy, Names]:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", namespace)
    names = build_names(namespace[5:])
    policy = Policy(cluster=cluster, namespace=namespace, name="mine")
    policy.apply({**names.build_changes(), **DELETE})
    policy.wait_until_ready()
    return policy, names


@pytest.mark.usefixtures("operator")
def test_namespace_goes_at_once_where_vault_answers(cluster: Cluster, admin: Ask) -> None:
    policy, names = make_own_namespace(cluster)
    started = time.monotonic()
    cluster.kubectl("delete", "namespace", policy.namespace, "--timeout=30s")
    assert time.monotonic() - started < DELETION_SECONDS
    assert policy.namespace not in list_namespaces(cluster)
    assert not any(found for path, found in read_objects(admin, names).items() if path != "pki")


def test_namespace_goes_in_time_without_vault(
    cluster: Cluster, operator: OperatorProcess, lost: OperatorProcess
) -> None:
    policy, names = make_own_namespace(cluster)
    operator.kill()
    lost.start()
    cluster.kubectl("delete", "namespace", policy.namespace, f"--timeout={END_SECONDS}s")
    assert policy.namespace not in list_namespaces(cluster)
    log = wait_for(lost.log.read_text, lambda text: "LeftInVault" in text or "Left in" in text)
    assert f"vault auth disable {names.auth_mount}" in log

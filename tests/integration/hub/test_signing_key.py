"""An API server whose signing key is exchanged: istiod goes on logging in, and old keys go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.istiod import Account, log_in
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.signing_key import get_first_key, make_key, restored, sign_with
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

JWT = {"spec.management": {"workloadAuth": {"method": "jwt"}}}


@pytest.fixture
def cluster_to_change(cluster: Cluster) -> Iterator[Cluster]:
    with restored(cluster):
        yield cluster


@pytest.fixture
def policy(quick_operator: OperatorProcess, make_policy: MakePolicy, names: Names) -> Policy:
    policy = make_policy(names, JWT)
    policy.wait_until_ready()
    return policy


def read_keys(admin: Ask, names: Names) -> list[str]:
    config = read(admin, f"auth/{names.auth_mount}/config")
    assert config is not None
    keys: list[str] = config["jwt_validation_pubkeys"]
    return keys


def test_an_exchanged_signing_key_is_survived(
    policy: Policy,
    cluster_to_change: Cluster,
    vault: Vault,
    admin: Ask,
    names: Names,
    own_istiod: Account,
    tmp_path: Path,
) -> None:
    first, second = get_first_key(cluster_to_change), make_key(tmp_path, "second")
    (first_pem,) = read_keys(admin, names)
    old_token = own_istiod.make_token(audience="vault-cluster1")

    sign_with(cluster_to_change, second, first)
    wait_for(lambda: len(read_keys(admin, names)), lambda count: count == 2)
    assert first_pem in read_keys(admin, names)
    new_token = own_istiod.make_token(audience="vault-cluster1")
    assert log_in(vault, new_token, names).ok
    assert log_in(vault, old_token, names).ok

    sign_with(cluster_to_change, second)
    wait_for(lambda: read_keys(admin, names), lambda keys: first_pem not in keys)
    assert [second.public.read_text().strip()] == read_keys(admin, names)
    assert log_in(vault, new_token, names).ok
    assert not log_in(vault, old_token, names).ok


def test_keys_stay_in_vault_while_the_api_server_is_away(
    policy: Policy,
    quick_operator: OperatorProcess,
    cluster_to_change: Cluster,
    admin: Ask,
    names: Names,
) -> None:
    before, begin = read_keys(admin, names), len(quick_operator.log.read_text())
    cluster_to_change.stop_part("kube-apiserver")
    wait_for(quick_operator.log.read_text, lambda log: "tokens could not be read" in log[begin:])
    assert read_keys(admin, names) == before
    cluster_to_change.start_part("kube-apiserver")
    wait_for(cluster_to_change.is_serving, bool, seconds=60)
    policy.wait_until_ready()
    wait_for(policy.read_status, lambda status: "read again" not in str(status["warnings"]))
    assert read_keys(admin, names) == before

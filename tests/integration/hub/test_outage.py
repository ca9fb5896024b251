"""Vault away, sealed, or not letting the operator in: it says which, and recovers without help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.istiod import Account
from tests.integration.hub.kubernetes_login import allow_login, build_login, enable_login
from tests.integration.hub.names import Names, find_changes, read_objects
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.rights import NAME, grant_rights, make_powerless_token, put_token
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask, build_ask, write

HUB = "roottrust-hub"


@pytest.fixture(scope="module")
def file_token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outage") / "vault-token"


@pytest.fixture(scope="module")
def file_admin(file_vault: Vault, root: Root, file_token: Path) -> Ask:
    file_admin = build_ask(file_vault, file_vault.root_token)
    grant_rights(file_admin, file_token)
    root.import_once(file_admin)
    return file_admin


@pytest.fixture(scope="module")
def operator_of_file_vault(
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    file_admin: Ask,
    file_vault: Vault,
    file_token: Path,
) -> Iterator[OperatorProcess]:
    """An operator of that Vault; meanwhile there is no other one."""
    operator_process.kill()
    login = {"tokenFile": {"path": str(file_token)}}
    built = build_operator("operator-of-file-vault", file_vault, login)
    built.start()
    yield built
    built.kill()


@pytest.fixture
def policy(
    operator_of_file_vault: OperatorProcess, make_policy: MakePolicy, names: Names
) -> Policy:
    """A policy that is Ready."""
    policy = make_policy(names)
    policy.wait_until_ready()
    return policy


@pytest.fixture
def mortal_vault(file_vault: Vault) -> Iterator[Vault]:
    """The Vault, which is revived whatever becomes of it."""
    yield file_vault
    file_vault.revive()


def test_stopped_and_sealed_vault_is_told_and_waited_for(
    policy: Policy, names: Names, file_admin: Ask, mortal_vault: Vault
) -> None:
    before, status = read_objects(file_admin, names), policy.read_status()
    mortal_vault.stop()
    away = policy.wait_for("VaultReachable", "False", "Unreachable")
    assert "https://vault.example:8200 cannot be reached: connection refused" in away["message"]
    conditions = policy.read_conditions()
    assert conditions["VaultConfigured"]["reason"] == "WaitingForVault"
    assert conditions["Ready"]["status"] == "False"
    assert conditions["Reconciling"]["status"] == "True"
    assert "Stalled" not in conditions

    mortal_vault.start()
    sealed = policy.wait_for("VaultReachable", "False", "Sealed")
    assert "unseal it" in sealed["message"]
    # What was seen last is still told.
    assert policy.read_status()["root"] == status["root"]
    assert policy.read_status()["managedObjects"] == status["managedObjects"]

    mortal_vault.unseal()
    policy.wait_until_ready()
    assert find_changes(before, read_objects(file_admin, names)) == {}
    for reason in ("Unreachable", "Sealed"):
        assert len(policy.wait_for_events(reason)) == 1
    assert policy.read_events("DriftRepaired") == []


@pytest.fixture
def good_token(file_token: Path) -> Iterator[str]:
    """The token that the operator should have."""
    token = file_token.read_text()
    yield token
    put_token(file_token, token)


def test_powerless_token_is_told_by_path_and_exchanged_without_help(
    policy: Policy, file_admin: Ask, file_token: Path, good_token: str
) -> None:
    put_token(file_token, make_powerless_token(file_admin))
    policy.nudge()
    denied = policy.wait_for("VaultConfigured", "False", "AccessDenied")
    assert "Vault https://vault.example:8200 denied read on sys/" in denied["message"]
    assert policy.read_conditions()["VaultReachable"]["status"] == "True"
    put_token(file_token, good_token)
    policy.wait_until_ready()


def test_missing_right_is_told_by_path_and_used_once_it_is_granted(
    policy: Policy, names: Names, file_admin: Ask
) -> None:
    path = f"sys/policies/acl/{NAME}"
    rights = file_admin("GET", path).json()["data"]["policy"]
    write(file_admin, path, {"policy": rights.replace("auth/kube-*", "auth/kube-none-*")})
    role = f"auth/{names.auth_mount}/role/{names.role}"
    policy.nudge()
    denied = policy.wait_for("VaultConfigured", "False", "AccessDenied")
    assert f"denied read on auth/{names.auth_mount}/config" in denied["message"]
    assert file_admin("GET", role).ok
    write(file_admin, path, {"policy": rights})
    policy.wait_until_ready()


@pytest.fixture
def refused_operator(
    operator_of_file_vault: OperatorProcess,
    build_operator: BuildOperator,
    cluster: Cluster,
    file_admin: Ask,
    file_vault: Vault,
    istiod: Account,
    tmp_path: Path,
) -> Iterator[OperatorProcess]:
    """The only operator, which Vault does not let in."""
    operator_of_file_vault.kill()
    enable_login(file_admin, cluster, reviewer=istiod.make_token())
    allow_login(file_admin, "somebody-else")
    login = build_login(cluster, tmp_path)
    operator = build_operator("operator-with-kubernetes-login", file_vault, login)
    operator.start()
    yield operator
    operator.kill()


def test_refused_login_is_told(
    refused_operator: OperatorProcess, make_policy: MakePolicy, names: Names, file_admin: Ask
) -> None:
    policy = make_policy(names)
    refused = policy.wait_for("VaultReachable", "False", "LoginFailed")
    assert "auth/kubernetes/login" in refused["message"]
    allow_login(file_admin, HUB)
    assert refused_operator.stop() == 0
    refused_operator.start()
    policy.wait_until_ready()


@pytest.mark.prove
def test_refused_login_is_repeated_without_help(
    refused_operator: OperatorProcess, make_policy: MakePolicy, names: Names, file_admin: Ask
) -> None:
    policy = make_policy(names)
    policy.wait_for("VaultReachable", "False", "LoginFailed")
    allow_login(file_admin, HUB)
    # So long a login that was refused is not repeated: Vault may lock its name.
    policy.wait_for("Ready", "True", seconds=75)

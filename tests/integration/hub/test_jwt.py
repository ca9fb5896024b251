"""Method jwt: Vault checks tokens by the cluster's public keys, and lets istiod alone in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.istiod import ACCOUNT, Account, log_in
from tests.integration.hub.jwt import age, edit
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask, read

JWT = {"spec.management": {"workloadAuth": {"method": "jwt"}}}
AUDIENCE = "vault-cluster1"
REFUSED = (400, 403)


@pytest.fixture
def policy(operator: OperatorProcess, make_policy: MakePolicy, names: Names) -> Iterator[Policy]:
    policy = make_policy(names, JWT)
    policy.wait_until_ready()
    yield policy
    policy.delete()


@pytest.fixture
def key(cluster: Cluster) -> Any:
    return cluster.pki / "service-account.key"


def make_token(account: Account, audience: str = AUDIENCE) -> str:
    return account.make_token(audience=audience)


def is_refused(vault: Vault, jwt: str, names: Names) -> bool:
    answer = log_in(vault, jwt, names)
    return answer.status_code in REFUSED and "auth" not in answer.json()


def test_vault_has_the_keys_and_no_place_to_ask(
    policy: Policy, admin: Ask, names: Names, operator: OperatorProcess
) -> None:
    config = read(admin, f"auth/{names.auth_mount}/config")
    assert config is not None
    (pem,) = config["jwt_validation_pubkeys"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert config["bound_issuer"] == "https://kubernetes.default.svc.cluster.local"
    assert config["jwks_url"] == config["oidc_discovery_url"] == ""
    role = read(admin, f"auth/{names.auth_mount}/role/{names.role}")
    assert role is not None
    assert role["bound_audiences"] == [AUDIENCE]
    assert role["bound_claims_type"] == "string"
    assert not [text for text in policy.read_status().get("warnings", []) if "API token" in text]


def test_istiod_logs_in_with_a_token_for_this_vault(
    policy: Policy, vault: Vault, names: Names, own_istiod: Account
) -> None:
    answer = log_in(vault, make_token(own_istiod), names)
    assert answer.ok, answer.text
    auth = answer.json()["auth"]
    assert auth["policies"] == [names.role]
    assert auth["lease_duration"] == 300


def test_everybody_else_is_refused(
    policy: Policy, cluster: Cluster, vault: Vault, names: Names, own_istiod: Account, key: Any
) -> None:
    token = make_token(own_istiod)
    others = {
        "another audience": make_token(own_istiod, "vault-cluster2"),
        "the API server's audience": own_istiod.make_token(),
        "another account": make_token(create(cluster, own_istiod.namespace, "gateway")),
        "an account with istiod's name as its beginning": make_token(
            create(cluster, own_istiod.namespace, f"{ACCOUNT}-2")
        ),
        "another namespace": make_token(create(cluster, "default", ACCOUNT)),
        "another issuer": edit(token, key, {"iss": "https://kubernetes.elsewhere.example"}),
        "an expired one": age(token, key, days=1),
        "one without an end": edit(token, key, {"exp": None, "iat": 1, "nbf": 1}),
    }
    assert log_in(vault, edit(token, key, {}), names).ok
    assert [what for what, jwt in others.items() if not is_refused(vault, jwt, names)] == []


def create(cluster: Cluster, namespace: str, name: str) -> Account:
    account = Account(cluster, namespace=namespace, name=name)
    account.create()
    return account


def test_token_of_another_signer_is_refused(
    policy: Policy, vault: Vault, names: Names, own_istiod: Account, root: Root
) -> None:
    assert is_refused(vault, age(make_token(own_istiod), root.key, days=0), names)


def test_one_account_is_bound_as_the_subject(
    operator: OperatorProcess,
    make_policy: MakePolicy,
    admin: Ask,
    vault: Vault,
    names: Names,
    cluster: Cluster,
    own_istiod: Account,
) -> None:
    auth = {"method": "jwt", "serviceAccounts": [ACCOUNT], "audience": "vault-own"}
    policy = make_policy(names, {"spec.management": {"workloadAuth": auth}})
    policy.wait_until_ready()
    role = read(admin, f"auth/{names.auth_mount}/role/{names.role}")
    assert role is not None
    subject = f"system:serviceaccount:{own_istiod.namespace}:{ACCOUNT}"
    assert role["bound_subject"] == subject
    assert not role["bound_claims"]
    assert log_in(vault, make_token(own_istiod, "vault-own"), names).ok
    assert is_refused(vault, make_token(own_istiod), names)
    # Back to the two usual accounts: what bound the one is taken off again.
    policy.apply({**names.build_changes(), **JWT})
    policy.wait_until_ready()
    assert log_in(vault, make_token(own_istiod), names).ok
    other = create(cluster, own_istiod.namespace, "istiod")
    assert log_in(vault, make_token(other), names).ok
    policy.delete()


def test_a_policy_cannot_be_switched_at_the_same_mount(
    operator: OperatorProcess,
    make_policy: MakePolicy,
    admin: Ask,
    vault: Vault,
    names: Names,
    own_istiod: Account,
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    before = read_objects(admin, names)
    policy.apply({**names.build_changes(), **JWT})
    condition = policy.wait_for("VaultConfigured", "False", "Conflict")
    assert "has the type kubernetes, not jwt, which Vault cannot change" in condition["message"]
    assert "Name another path in the policy" in condition["message"]
    assert read_objects(admin, names) == before
    assert log_in(vault, own_istiod.make_token(), names).ok
    # The next step, as it says.
    other = build_names(f"{names.role.rpartition('_')[2]}j", mesh_namespace=names.mesh_namespace)
    policy.apply({**other.build_changes(), **JWT})
    policy.wait_until_ready()
    assert log_in(vault, make_token(own_istiod), other).ok
    policy.delete()

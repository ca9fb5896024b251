"""Who may log in to the auth mount that a policy made: istiod, and nobody else.

Whoever is refused here may review tokens as istiod may: it is the role that refuses.
"""

from __future__ import annotations

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.istiod import ACCOUNT, NAMESPACE, Account, log_in
from tests.integration.hub.jwt import age
from tests.integration.hub.names import GUIDE_NAMES
from tests.integration.hub.root import Root
from tests.integration.vault_calls import FORBIDDEN

pytestmark = pytest.mark.usefixtures("guide_policy")


def test_istiod_gets_a_token_with_its_policy_alone(vault: Vault, istiod: Account) -> None:
    answer = log_in(vault, istiod.make_token())
    assert answer.ok, answer.text
    auth = answer.json()["auth"]
    assert auth["policies"] == [GUIDE_NAMES.role]
    assert auth["lease_duration"] == 300
    assert auth["metadata"]["service_account_namespace"] == NAMESPACE


def test_another_account_of_the_namespace_is_refused(cluster: Cluster, vault: Vault) -> None:
    other = Account(cluster, name="gateway")
    other.create()
    assert log_in(vault, other.make_token()).status_code == FORBIDDEN


def test_same_account_of_another_namespace_is_refused(
    cluster: Cluster, vault: Vault, namespace: str
) -> None:
    other = Account(cluster, namespace=namespace, name=ACCOUNT)
    other.create()
    assert log_in(vault, other.make_token()).status_code == FORBIDDEN


def test_expired_token_is_refused(cluster: Cluster, vault: Vault, istiod: Account) -> None:
    key = cluster.pki / "service-account.key"
    token = istiod.make_token()
    assert log_in(vault, age(token, key, days=0)).ok
    assert log_in(vault, age(token, key, days=1)).status_code == FORBIDDEN


def test_token_of_another_signer_is_refused(vault: Vault, istiod: Account, root: Root) -> None:
    forged = age(istiod.make_token(), root.key, days=0)
    assert log_in(vault, forged).status_code == FORBIDDEN


@pytest.mark.parametrize("jwt", ["garbage", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_garbage_is_refused(vault: Vault, jwt: str) -> None:
    answer = log_in(vault, jwt)
    assert not answer.ok
    assert "auth" not in answer.json()

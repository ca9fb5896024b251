"""ServiceAccountToken for another cluster: Vault asks that one, by its own reviewer."""

from __future__ import annotations

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.istiod import ACCOUNT, log_in
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.reviewer import make_plain_account
from tests.integration.vault_calls import FORBIDDEN

BY_ACCOUNT = {"spec.management": {"workloadAuth": {"reviewer": "ServiceAccountToken"}}}


@pytest.mark.usefixtures("operator")
def test_istiod_there_logs_in_and_the_same_account_here_does_not(
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    vault: Vault,
    names2: Names,
    namespace: str,
) -> None:
    there = make_plain_account(second, namespace, ACCOUNT)
    here = make_plain_account(cluster, namespace, ACCOUNT)
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names2, BY_ACCOUNT)
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    answer = log_in(vault, there.make_token(), names2)
    assert answer.ok, answer.text
    assert answer.json()["auth"]["policies"] == [names2.role]
    assert log_in(vault, here.make_token(), names2).status_code == FORBIDDEN

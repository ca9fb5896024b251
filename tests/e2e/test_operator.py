"""The operator in a pod, by what deploy/ has and nothing else."""

from __future__ import annotations

import pytest

from testbed import Cluster, Vault
from tests.e2e.operator_pod import OperatorPod, apply_guide_policy, forget_policy
from tests.integration.vault_calls import Ask, read


@pytest.mark.usefixtures("operator")
def test_operator_makes_vault_ready_for_the_guides_policy(
    cluster: Cluster, vault: Vault, admin: Ask
) -> None:
    policy = apply_guide_policy(cluster, vault)
    policy.wait_for("VaultConfigured", "True")
    role = "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"
    assert read(admin, role) is not None
    forget_policy(policy, admin)


def test_operator_takes_little_memory(operator: OperatorPod) -> None:
    """A third of the limit that deploy/ gives it."""
    assert operator.read_memory() < 170 * 1024 * 1024

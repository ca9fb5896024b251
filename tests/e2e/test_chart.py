"""The operator in pods by the Helm chart, in the place of what Kustomize installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Testbed, Vault
from tests.e2e.operator_pod import (
    IMAGE,
    QUICK,
    OperatorPod,
    apply_guide_policy,
    build_config,
    deploy_operator,
    forget_policy,
)
from tests.helm_program import HelmProgram
from tests.integration.chart.chart import Chart, Values
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

ROLE = "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"


@pytest.fixture
def values(cluster: Cluster, vault: Vault) -> Values:
    repository, _, tag = IMAGE.partition(":")
    return {
        "image": {"repository": repository, "tag": tag},
        "config": {**QUICK, **build_config(cluster, vault)},
        "vault": {"caBundle": vault.ca_file.read_text()},
    }


@pytest.fixture
def chart(
    bed: Testbed,
    cluster: Cluster,
    vault: Vault,
    admin: Ask,
    operator: OperatorPod,
    tmp_path: Path,
) -> Iterator[Chart]:
    """The chart; other tests find the operator again as they left it."""
    helm = HelmProgram(
        binary=bed.provide_helm(), folder=tmp_path / "helm", kubeconfig=cluster.kubeconfig
    )
    chart = Chart(helm=helm)
    yield chart
    chart.uninstall()
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    deploy_operator(cluster, vault, admin, overlay)


def test_chart_takes_over_upgrades_and_leaves(
    cluster: Cluster, vault: Vault, admin: Ask, operator: OperatorPod, chart: Chart, values: Values
) -> None:
    policy = apply_guide_policy(cluster, vault)
    policy.wait_for("VaultConfigured", "True")
    wait = ("--wait", "--timeout=120s")

    chart.install(values, "--take-ownership", "--force-conflicts", *wait)
    assert _count_ready(operator) == "2"
    _see_repair(admin, policy)

    chart.upgrade({**values, "config": {**values["config"], "workers": 4}}, *wait)
    _see_repair(admin, policy)

    chart.uninstall()
    assert operator.kubectl("get", "deployments", "-o=name") == ""
    assert policy.read_conditions()["VaultConfigured"]["status"] == "True"
    assert read(admin, ROLE) is not None
    forget_policy(policy, admin)


def _count_ready(operator: OperatorPod) -> str:
    return operator.kubectl(
        "get", f"deployment/{operator.name}", "-o=jsonpath={.status.readyReplicas}"
    )


def _see_repair(admin: Ask, policy: Policy) -> None:
    """Whoever works now has all the rights that it needs, in Vault and in the cluster."""
    admin("DELETE", ROLE)
    wait_for(lambda: read(admin, ROLE), bool)
    policy.wait_for("VaultConfigured", "True")

"""What the chart and the variants of deploy/ make, as an API server takes it that restricts pods.

That of each file of deploy/ by itself is in tests/integration/test_server_side_apply.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from testbed import Cluster
from tests.integration.chart.chart import CLUSTER, HUB, NAMESPACE, VARIANTS, Chart, Values
from tests.integration.chart.prometheus_kinds import build_prometheus_kinds
from tests.integration.hub.waiting import wait_for
from tests.integration.manifests.table import change
from tests.previous_version import PreviousVersion
from tests.session import CRDS, REPOSITORY

DEPLOY = REPOSITORY / "deploy"
RESTRICTED = tuple(f"pod-security.kubernetes.io/{each}=restricted" for each in ("enforce", "warn"))
DRY_RUN = (
    "apply",
    "--server-side",
    "--dry-run=server",
    "--validate=strict",
    "--warnings-as-errors",
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
CHARTS: dict[str, Values] = {
    **{name: {**values, "crds": {"install": False}} for name, values in VARIANTS.items()},
    "everything": change(
        HUB,
        {
            "vault.caBundle": CERTIFICATE,
            "networkPolicy": {"enabled": True, "from": [{"podSelector": {}}], "egress": [{}]},
            "metrics.serviceMonitor.enabled": True,
            "metrics.prometheusRule.enabled": True,
            "istioRevisions": ["canary"],
        },
    ),
    "little": change(
        CLUSTER,
        {
            "rbac.create": False,
            "podDisruptionBudget.enabled": False,
            "podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None},
            "crds.install": False,
        },
    ),
}


@pytest.fixture(scope="module")
def served(fresh: Cluster) -> Cluster:
    """It serves our kinds and those of the Prometheus operator, and restricts our pods."""
    fresh.kubectl("apply", "--server-side", "-f", "-", input=build_prometheus_kinds())
    fresh.kubectl("apply", "--server-side", "-f", CRDS)
    fresh.kubectl("wait", "crds", "--all", "--for=condition=Established", "--timeout=30s")
    return fresh


@pytest.fixture
def restricted(served: Cluster) -> Iterator[Cluster]:
    served.kubectl("create", "namespace", NAMESPACE)
    served.kubectl("label", "namespace", NAMESPACE, *RESTRICTED)
    yield served
    served.kubectl("delete", "namespace", NAMESPACE, "--timeout=60s", "--ignore-not-found")


def test_the_chart_is_taken_as_it_is(restricted: Cluster, chart: Chart) -> None:
    """A warning is a failure, such as of a field that the API server does not know."""
    for values in CHARTS.values():
        text = yaml.safe_dump_all(chart.render(values))
        words = (*DRY_RUN, "--force-conflicts", "-f", "-", "-n", NAMESPACE)
        restricted.kubectl(*words, input=text)


@pytest.mark.parametrize("variant", [*VARIANTS, "monitoring"])
def test_a_variant_is_taken_as_it_is(restricted: Cluster, variant: str) -> None:
    restricted.kubectl(*DRY_RUN, "-k", DEPLOY / variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_applied_over_the_one_before(
    restricted: Cluster, previous: PreviousVersion, variant: str
) -> None:
    """The same Deployment goes on, and nothing is left that this version does not have."""
    kubectl = restricted.kubectl
    name = "roottrust-cluster" if variant == "cluster" else "roottrust-hub"
    before = previous.deploy / variant
    uid = ""
    if before.exists():
        kubectl("apply", "--server-side", "-k", before)
        uid = _read_deployment(restricted, name)["metadata"]["uid"]
    kubectl("apply", "--server-side", "-k", DEPLOY / variant)
    deployment = _read_deployment(restricted, name)
    assert uid in {"", deployment["metadata"]["uid"]}
    built = yaml.safe_load_all(kubectl("kustomize", DEPLOY / variant).stdout)
    assert _list_ours(restricted) == sorted(
        (each["kind"], each["metadata"]["name"])
        for each in built
        if each["kind"] not in {"Namespace", "ConfigMap"}
    )
    # Its pods are let in, though no node runs them here.
    wanted = deployment["spec"]["replicas"]
    wait_for(lambda: _read_deployment(restricted, name)["status"].get("replicas"), wanted.__eq__)
    kubectl("delete", "-k", DEPLOY / variant, "--timeout=60s")
    assert _list_ours(restricted) == []


def _read_deployment(cluster: Cluster, name: str) -> dict[str, Any]:
    words = ("get", "deployment", name, "-n", NAMESPACE, "-o=json")
    found: dict[str, Any] = json.loads(cluster.kubectl(*words).stdout)
    return found


def _list_ours(cluster: Cluster) -> list[tuple[str, str]]:
    kinds = "serviceaccounts,deployments,poddisruptionbudgets,roles,rolebindings,clusterroles,"
    words = (f"{kinds}clusterrolebindings", "-A", "-l=app.kubernetes.io/name=roottrust")
    listed = json.loads(cluster.kubectl("get", *words, "-o=json").stdout)["items"]
    return sorted((each["kind"], each["metadata"]["name"]) for each in listed)

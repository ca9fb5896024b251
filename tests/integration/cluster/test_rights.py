"""What deploy/ gives the cluster role: enough for the other tests here, and nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testbed import Cluster
from tests.integration.access_review import may_do
from tests.integration.cluster.conftest import ACCOUNT

HOME = "HOME"
CONFIG_MAPS, PODS, SECRETS = ("", "configmaps"), ("", "pods"), ("", "secrets")
DEPLOYMENTS, REPLICA_SETS = ("apps", "deployments"), ("apps", "replicasets")
STATEFUL_SETS, DAEMON_SETS = ("apps", "statefulsets"), ("apps", "daemonsets")
EVICTIONS, JOBS = ("", "pods/eviction"), ("batch", "jobs")
BUDGETS = ("policy", "poddisruptionbudgets")
DIRECTIVES = ("internal.gloo.solo.io", "podbouncedirectives")
MESHES = ("internal.gloo.solo.io", "meshes")
CERTIFICATES = ("internal.gloo.solo.io", "issuedcertificates")
POLICIES = ("admin.gloo.solo.io", "roottrustpolicies")
LEASES = ("coordination.k8s.io", "leases")

May = Callable[..., bool]


@pytest.fixture
def may(cluster: Cluster, home: str, role_kubeconfig: object) -> May:
    """Ask for the account that has the cluster role's rights alone."""
    user = f"system:serviceaccount:{home}:{ACCOUNT}"

    def may(verb: str, resource: tuple[str, str], namespace: str, *, name: str = "") -> bool:
        place = home if namespace == HOME else namespace
        return may_do(cluster, user, verb, resource, place, name=name)

    return may


@pytest.mark.parametrize("verb", ["get", "list", "watch"])
def test_of_config_maps_it_sees_published_roots_alone(may: May, verb: str) -> None:
    assert may(verb, CONFIG_MAPS, "anywhere", name="istio-ca-root-cert")
    assert not may(verb, CONFIG_MAPS, "anywhere", name="another")
    assert not may(verb, CONFIG_MAPS, "anywhere")
    assert not may(verb, CONFIG_MAPS, HOME)


def test_it_reads_the_trust_domain(may: May) -> None:
    assert may("get", CONFIG_MAPS, "istio-system", name="istio")
    assert not may("list", CONFIG_MAPS, "istio-system", name="istio")


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("get", SECRETS, HOME),
        ("get", SECRETS, "istio-system"),
        ("delete", PODS, "istio-system"),
        ("patch", PODS, "istio-system"),
        ("create", ("", "pods/exec"), "istio-system"),
        ("patch", REPLICA_SETS, "istio-system"),
        ("patch", JOBS, "istio-system"),
        ("patch", BUDGETS, "istio-system"),
        ("patch", DIRECTIVES, HOME),
        ("create", DIRECTIVES, HOME),
        ("delete", DIRECTIVES, HOME),
        ("patch", MESHES, "istio-system"),
        ("delete", MESHES, "istio-system"),
        ("patch", CERTIFICATES, "istio-system"),
        ("create", CERTIFICATES, "istio-system"),
        ("create", POLICIES, HOME),
        ("delete", POLICIES, HOME),
        ("patch", CONFIG_MAPS, "anywhere"),
        ("create", ("", "serviceaccounts/token"), "istio-system"),
        ("create", LEASES, "kube-system"),
    ],
)
def test_it_may_not(may: May, verb: str, resource: tuple[str, str], namespace: str) -> None:
    assert not may(verb, resource, namespace)


@pytest.mark.parametrize("workload", [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS])
def test_it_restarts_workloads_and_neither_makes_nor_deletes_them(
    may: May, workload: tuple[str, str]
) -> None:
    assert may("patch", workload, "anywhere")
    for verb in ("create", "update", "delete"):
        assert not may(verb, workload, "anywhere")


def test_pods_go_by_eviction_alone_which_keeps_disruption_budgets(may: May) -> None:
    assert may("create", EVICTIONS, "anywhere")
    for verb in ("delete", "deletecollection"):
        assert not may(verb, PODS, "anywhere")


@pytest.mark.parametrize("verb", ["get", "patch"])
def test_it_may_hold_one_lease(may: May, verb: str) -> None:
    assert may(verb, LEASES, HOME, name="roottrust-cluster")
    assert not may(verb, LEASES, HOME, name="another")


def test_it_sees_whether_a_hub_is_there_and_cannot_take_its_lease(may: May) -> None:
    assert may("get", LEASES, HOME, name="roottrust-hub")
    assert not may("patch", LEASES, HOME, name="roottrust-hub")


def test_it_tells_policies_where_to_be(may: May) -> None:
    assert may("watch", POLICIES, "")
    assert may("patch", POLICIES, "anywhere")  # for a finalizer
    assert may("patch", ("admin.gloo.solo.io", "roottrustpolicies/status"), "anywhere")

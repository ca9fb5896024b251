"""What istiod's account may do for the agent: what the agent does, and nothing more of ours."""

from __future__ import annotations

import pytest
import yaml

from testbed import Cluster
from tests.integration.access_review import may_do
from tests.integration.hub.waiting import wait_for
from tests.integration.istiod.rendering import Renderer, find_rights

CERTIFICATES = ("internal.gloo.solo.io", "issuedcertificates")
STATUS = ("internal.gloo.solo.io", "issuedcertificates/status")
EVENTS = ("", "events")
CONFIG_MAPS = ("", "configmaps")


@pytest.fixture
def granted(cluster: Cluster, renderer: Renderer) -> str:
    """A namespace in which the rights are applied that the filter appends, and known."""
    rights = find_rights(renderer.by_filter().documents)
    cluster.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(rights))
    namespace = renderer.namespace
    # The API server judges by a watch of roles, and is asked sooner than that tells.
    wait_for(lambda: may(cluster, namespace, "list", CERTIFICATES, ""), bool)
    wait_for(lambda: may(cluster, namespace, "create", EVENTS, ""), bool)
    return namespace


def may(cluster: Cluster, namespace: str, verb: str, resource: tuple[str, str], name: str) -> bool:
    account = f"system:serviceaccount:{namespace}:istiod"
    return may_do(cluster, account, verb, resource, namespace, name=name)


@pytest.mark.parametrize(
    ("verb", "resource", "name"),
    [
        ("list", CERTIFICATES, ""),
        ("watch", CERTIFICATES, ""),
        ("patch", STATUS, "any"),
        ("create", EVENTS, ""),
        ("patch", EVENTS, "any"),
        ("get", CONFIG_MAPS, "istio-ca-root-cert"),
    ],
)
def test_the_agent_may(
    cluster: Cluster, granted: str, verb: str, resource: tuple[str, str], name: str
) -> None:
    assert may(cluster, granted, verb, resource, name)


@pytest.mark.parametrize(
    ("verb", "resource", "name"),
    [
        ("get", CERTIFICATES, "any"),
        ("patch", CERTIFICATES, "any"),
        ("create", CERTIFICATES, ""),
        ("delete", CERTIFICATES, "any"),
        ("update", STATUS, "any"),
        ("get", CONFIG_MAPS, "another"),
        ("list", CONFIG_MAPS, ""),
        ("get", ("", "secrets"), "cacerts"),
        ("create", ("", "serviceaccounts/token"), "istiod"),
    ],
)
def test_the_agent_may_not(
    cluster: Cluster, granted: str, verb: str, resource: tuple[str, str], name: str
) -> None:
    assert not may(cluster, granted, verb, resource, name)

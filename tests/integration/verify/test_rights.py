"""What deploy/verify/ gives people and the probe: no more than `roottrust verify` uses."""

from __future__ import annotations

import pytest

from testbed import Cluster
from tests.integration.access_review import may_do
from tests.integration.verify.conftest import Mesh
from tests.integration.verify.verifier import Verifier

INTERNAL = "internal.gloo.solo.io"
CERTIFICATES = (INTERNAL, "issuedcertificates")
CONFIG_MAPS, SECRETS = ("", "configmaps"), ("", "secrets")
FORWARDS, TOKENS = ("", "pods/portforward"), ("", "serviceaccounts/token")
ISTIOD = "ISTIOD"  # stands for istiod's namespace


@pytest.mark.usefixtures("verify")
@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "name", "allowed"),
    [
        ("list", CERTIFICATES, "", "", True),
        ("list", CONFIG_MAPS, "", "istio-ca-root-cert", True),
        ("create", FORWARDS, ISTIOD, "istiod-1", True),
        ("create", TOKENS, "gloo-mesh", "roottrust-verify", True),
        ("list", CONFIG_MAPS, "", "", False),
        ("get", SECRETS, "gloo-mesh", "", False),
        ("get", SECRETS, ISTIOD, "cacerts", False),
        ("create", ("", "pods/exec"), ISTIOD, "istiod-1", False),
        ("create", FORWARDS, "gloo-mesh", "roottrust-hub-1", False),
        ("create", TOKENS, "gloo-mesh", "roottrust-hub", False),
        ("create", TOKENS, ISTIOD, "istiod", False),
        ("patch", (INTERNAL, "issuedcertificates/status"), ISTIOD, "", False),
    ],
)
def test_a_person_may_read_and_probe_and_no_more(
    cluster: Cluster,
    whole_mesh: Mesh,
    verb: str,
    resource: tuple[str, str],
    namespace: str,
    name: str,
    allowed: bool,
) -> None:
    own = whole_mesh.site.namespace
    user = f"system:serviceaccount:{own}:auditor"
    place = own if namespace == ISTIOD else namespace
    groups = (f"system:serviceaccounts:{own}", "system:authenticated")
    assert may_do(cluster, user, verb, resource, place, name=name, groups=groups) is allowed


@pytest.mark.parametrize("resource", ["secrets", "pods", "configmaps", "namespaces"])
def test_the_account_of_the_probe_may_do_nothing(
    cluster: Cluster, verify: Verifier, resource: str
) -> None:
    user = "system:serviceaccount:gloo-mesh:roottrust-verify"
    groups = ("system:serviceaccounts:gloo-mesh", "system:authenticated")
    assert not may_do(cluster, user, "list", ("", resource), "", groups=groups)

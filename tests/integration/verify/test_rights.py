"""What deploy/verify/ gives people and the probe: no more than `roottrust verify` uses."""

from __future__ import annotations

import json

import pytest

from testbed import Cluster
from tests.integration.verify.conftest import Mesh
from tests.integration.verify.verifier import Verifier

ISTIOD = "ISTIOD"  # stands for istiod's namespace


def may(
    cluster: Cluster, user: str, groups: tuple[str, ...], verb: str, resource: str, *where: str
) -> bool:
    """Ask for a right on GROUP/RESOURCE[/SUBRESOURCE] in a namespace, and on a name."""
    group, plural, *subresource = resource.split("/")
    namespace, name = (*where, "", "")[:2]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "groups": list(groups),
            "resourceAttributes": {
                "verb": verb,
                "group": group,
                "resource": plural,
                "subresource": "".join(subresource),
                "namespace": namespace,
                "name": name,
            },
        },
    }
    answer = cluster.kubectl("create", "-f", "-", "-o", "json", input=json.dumps(review))
    return bool(json.loads(answer.stdout)["status"]["allowed"])


@pytest.mark.usefixtures("verify")
@pytest.mark.parametrize(
    ("verb", "resource", "where", "allowed"),
    [
        ("list", "internal.gloo.solo.io/issuedcertificates", (), True),
        ("list", "/configmaps", ("", "istio-ca-root-cert"), True),
        ("create", "/pods/portforward", (ISTIOD, "istiod-1"), True),
        ("create", "/serviceaccounts/token", ("gloo-mesh", "roottrust-verify"), True),
        ("list", "/configmaps", (), False),
        ("get", "/secrets", ("gloo-mesh",), False),
        ("get", "/secrets", (ISTIOD, "cacerts"), False),
        ("create", "/pods/exec", (ISTIOD, "istiod-1"), False),
        ("create", "/pods/portforward", ("gloo-mesh", "roottrust-hub-1"), False),
        ("create", "/serviceaccounts/token", ("gloo-mesh", "roottrust-hub"), False),
        ("create", "/serviceaccounts/token", (ISTIOD, "istiod"), False),
        ("patch", "internal.gloo.solo.io/issuedcertificates/status", (ISTIOD,), False),
    ],
)
def test_a_person_may_read_and_probe_and_no_more(
    cluster: Cluster,
    whole_mesh: Mesh,
    verb: str,
    resource: str,
    where: tuple[str, ...],
    allowed: bool,
) -> None:
    own = whole_mesh.site.namespace
    user = f"system:serviceaccount:{own}:auditor"
    place = tuple(own if each == ISTIOD else each for each in where)
    groups = (f"system:serviceaccounts:{own}", "system:authenticated")
    assert may(cluster, user, groups, verb, resource, *place) is allowed


@pytest.mark.parametrize("resource", ["/secrets", "/pods", "/configmaps", "/namespaces"])
def test_the_account_of_the_probe_may_do_nothing(
    cluster: Cluster, verify: Verifier, resource: str
) -> None:
    user = "system:serviceaccount:gloo-mesh:roottrust-verify"
    groups = ("system:serviceaccounts:gloo-mesh", "system:authenticated")
    assert not may(cluster, user, groups, "list", resource)

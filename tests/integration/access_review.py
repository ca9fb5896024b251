"""Asking the API server what an account may do."""

from __future__ import annotations

from testbed import Cluster
from tests.integration.kube_api import review


def may_do(
    cluster: Cluster,
    user: str,
    verb: str,
    resource: tuple[str, str],
    namespace: str,
    *,
    name: str = "",
    groups: tuple[str, ...] = ("system:serviceaccounts", "system:authenticated"),
) -> bool:
    """Return whether an account may do it; a resource is its group and its plural."""
    group, plural = resource
    kind, _, subresource = plural.partition("/")
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "groups": list(groups),
            "resourceAttributes": {
                "verb": verb,
                "group": group,
                "resource": kind,
                "subresource": subresource,
                "namespace": namespace,
                "name": name,
            },
        },
    }
    return bool(review(cluster, question)["status"]["allowed"])

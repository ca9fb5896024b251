"""Reading from a real API server over a connection that is kept.

Tests look again and again until something holds, and kubectl is a process of its own each time.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from testbed import Cluster

SECONDS = 30.0
MANY = 3  # how often a connection is made anew that the API server closed meanwhile

PLACES = {
    "deployments": "/apis/apps/v1",
    "statefulsets": "/apis/apps/v1",
    "daemonsets": "/apis/apps/v1",
    "poddisruptionbudgets": "/apis/policy/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "roottrustpolicies": "/apis/admin.gloo.solo.io/v2",
    "meshes": "/apis/internal.gloo.solo.io/v2",
    "issuedcertificates": "/apis/internal.gloo.solo.io/v2",
    "podbouncedirectives": "/apis/internal.gloo.solo.io/v2",
}
CORE = "/api/v1"

Found = dict[str, Any]


def find_object(cluster: Cluster, plural: str, namespace: str, name: str) -> Found | None:
    """Return an object as `kubectl get -o json` shows it, None if it is not there."""
    answer = _get(cluster, plural, namespace, f"/{name}")
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return _without_managers(answer.json())


def read_object(cluster: Cluster, plural: str, namespace: str, name: str) -> Found:
    """Return an object that is there."""
    found = find_object(cluster, plural, namespace, name)
    assert found is not None, f"there is no {namespace}/{name} among the {plural}"
    return found


def list_objects(
    cluster: Cluster, plural: str, namespace: str, *, fields: str = "", labels: str = ""
) -> list[Found]:
    """Return the objects of a namespace that selectors choose."""
    selectors = {"fieldSelector": fields, "labelSelector": labels}
    answer = _get(cluster, plural, namespace, "", **selectors)
    answer.raise_for_status()
    return [_without_managers(each) for each in answer.json()["items"]]


def review(cluster: Cluster, content: Found) -> Found:
    """Return the answer to a question about rights."""
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    session = _open_session(cluster.pki)
    answer = session.post(f"{cluster.server}{path}", json=content, timeout=SECONDS)
    answer.raise_for_status()
    return dict(answer.json())


def _get(
    cluster: Cluster, plural: str, namespace: str, rest: str, **query: str
) -> requests.Response:
    place = f"{PLACES.get(plural, CORE)}/namespaces/{namespace}/{plural}{rest}"
    session = _open_session(cluster.pki)
    return session.get(f"{cluster.server}{place}", params=query, timeout=SECONDS)


@cache
def _open_session(pki: Path) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(pki / "ca.crt")
    session.cert = (str(pki / "admin.crt"), str(pki / "admin.key"))
    session.mount("https://", HTTPAdapter(max_retries=MANY, pool_maxsize=4))
    atexit.register(session.close)
    return session


def _without_managers(found: Found) -> Found:
    found["metadata"].pop("managedFields", None)
    return found

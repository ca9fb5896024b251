"""Asking a real API server over a connection that is kept.

Tests look again and again until something holds, and kubectl is a process of its own each time.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Mapping
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
    "clusterroles": "/apis/rbac.authorization.k8s.io/v1",
    "clusterrolebindings": "/apis/rbac.authorization.k8s.io/v1",
    "roottrustpolicies": "/apis/admin.gloo.solo.io/v2",
    "meshes": "/apis/internal.gloo.solo.io/v2",
    "issuedcertificates": "/apis/internal.gloo.solo.io/v2",
    "podbouncedirectives": "/apis/internal.gloo.solo.io/v2",
}
CORE = "/api/v1"

Found = dict[str, Any]


class RefusedError(AssertionError):
    """The API server did not do what was asked; its own words say why."""


def find_object(cluster: Cluster, plural: str, namespace: str, name: str) -> Found | None:
    """Return an object as `kubectl get -o json` shows it, None if it is not there."""
    answer = send(cluster, "GET", f"{build_path(plural, namespace)}/{name}")
    if answer.status_code == requests.codes.not_found:
        return None
    check(answer)
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
    path = build_path(plural, namespace)
    answer = send(cluster, "GET", path, fieldSelector=fields, labelSelector=labels)
    check(answer)
    return [_without_managers(each) for each in answer.json()["items"]]


def review(cluster: Cluster, content: Found) -> Found:
    """Return the answer to a question about rights."""
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return dict(check(send(cluster, "POST", path, content)).json())


def read_raw(cluster: Cluster, path: str) -> Found:
    """Return what the API server says at a path."""
    return dict(check(send(cluster, "GET", path)).json())


def build_path(plural: str, namespace: str = "", *, version: str = "") -> str:
    """Return where objects of a kind are, in a namespace or in none; the version may be known."""
    known = CORE if version == "v1" else f"/apis/{version}"
    start = known if version else PLACES.get(plural, CORE)
    return f"{start}/namespaces/{namespace}/{plural}" if namespace else f"{start}/{plural}"


def send(
    cluster: Cluster,
    method: str,
    path: str,
    content: Mapping[str, Any] | None = None,
    *,
    media: str = "application/json",
    **query: str,
) -> requests.Response:
    """Send one request as administrator."""
    return _open_session(cluster.pki).request(
        method,
        f"{cluster.server}{path}",
        params=query,
        data=None if content is None else json.dumps(content),
        headers={} if content is None else {"Content-Type": media},
        timeout=SECONDS,
    )


def check(answer: requests.Response) -> requests.Response:
    """Return an answer that is none of an error, of which the API server's own words tell."""
    if not answer.ok:
        asked = f"{answer.request.method} {answer.request.path_url}"
        raise RefusedError(f"{asked}: {answer.status_code} {answer.text}")
    return answer


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

"""Writing to a real API server over a connection that is kept, as kubectl would.

Nearly every test makes a namespace and some objects, and kubectl takes a tenth of a second of a
core each time: most of what the tests took in all. What is told to people to do with kubectl is
tested with kubectl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from testbed import Cluster
from tests.integration.hub.waiting import DEADLINE_SECONDS, wait_for
from tests.integration.kube_api import Found, build_path, check, find_object, send

_PLURALS = {
    "RootTrustPolicy": "roottrustpolicies",
    "Mesh": "meshes",
    "NetworkPolicy": "networkpolicies",
}
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"


def apply_object(
    cluster: Cluster,
    manifest: Mapping[str, Any],
    *,
    namespace: str = "",
    manager: str = "kubectl",
    part: str = "",
) -> None:
    """Apply an object, as `kubectl apply --server-side --force-conflicts` does.

    `part` is the subresource that is written, `namespace` that of a manifest without one.
    """
    path = "/".join(filter(None, (_find_place(manifest, namespace), part)))
    query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
    check(send(cluster, "PATCH", path, manifest, media=_APPLY, **query))


def apply_dry(
    cluster: Cluster,
    manifest: Mapping[str, Any],
    *,
    manager: str,
    namespace: str = "",
    force: bool = False,
) -> tuple[Found, str]:
    """Return what an apply would make of an object, and what the API server warns of.

    Unless it is forced, fields that others have given another value are a conflict.
    """
    path = _find_place(manifest, namespace)
    query = {"fieldManager": manager, "dryRun": "All", "fieldValidation": "Strict"}
    query["force"] = str(force).lower()
    answer = check(send(cluster, "PATCH", path, manifest, media=_APPLY, **query))
    return dict(answer.json()), answer.headers.get("Warning", "")


def patch_object(
    cluster: Cluster,
    plural: str,
    namespace: str,
    name: str,
    patch: Mapping[str, Any],
    *,
    part: str = "",
) -> Found:
    """Change an object, as `kubectl patch --type=merge` does; return what became of it."""
    path = _build_path(plural, namespace, name, part)
    query = {"fieldManager": "kubectl-patch", "fieldValidation": "Strict"}
    return dict(check(send(cluster, "PATCH", path, patch, media=_MERGE, **query)).json())


def create_object(cluster: Cluster, plural: str, manifest: Mapping[str, Any]) -> None:
    """Create an object that is not there yet."""
    path = build_path(plural, manifest["metadata"].get("namespace", ""))
    check(send(cluster, "POST", path, manifest, fieldValidation="Strict"))


def create_namespace(cluster: Cluster, name: str) -> None:
    create_object(cluster, "namespaces", {"metadata": {"name": name}})


def delete_object(cluster: Cluster, plural: str, namespace: str, name: str) -> None:
    """Have an object deleted, whenever that is done; harmless where there is none."""
    answer = send(cluster, "DELETE", _build_path(plural, namespace, name))
    if answer.status_code != requests.codes.not_found:
        check(answer)


def delete_and_wait(
    cluster: Cluster,
    plural: str,
    namespace: str,
    name: str,
    *,
    seconds: float = DEADLINE_SECONDS,
) -> None:
    """Delete an object, and wait until it is gone."""
    delete_object(cluster, plural, namespace, name)
    wait_for(
        lambda: find_object(cluster, plural, namespace, name),
        lambda found: found is None,
        seconds=seconds,
    )


def delete_objects(cluster: Cluster, plural: str, namespace: str, *, labels: str = "") -> None:
    """Have the objects of a namespace that a selector chooses deleted, whenever that is done."""
    check(send(cluster, "DELETE", build_path(plural, namespace), labelSelector=labels))


def create_token(
    cluster: Cluster, namespace: str, account: str, *, audience: str = "", seconds: int = 600
) -> str:
    """Return a token from a TokenRequest, as `kubectl create token` does."""
    path = _build_path("serviceaccounts", namespace, account, "token")
    spec = {"expirationSeconds": seconds, "audiences": [audience] if audience else None}
    answer = check(send(cluster, "POST", path, {"spec": spec}))
    return str(answer.json()["status"]["token"])


def _find_place(manifest: Mapping[str, Any], namespace: str) -> str:
    """Return where an object is, or is to be."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    place = build_path(plural, metadata.get("namespace", namespace), version=manifest["apiVersion"])
    return f"{place}/{metadata['name']}"


def _build_path(plural: str, namespace: str, name: str, part: str = "") -> str:
    path = f"{build_path(plural, namespace)}/{name}"
    return f"{path}/{part}" if part else path

"""A cluster role's store and API server, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from roottrust.cluster.kinds import ISSUED_CERTIFICATES, WATCHED, WATCHED_ALONE
from roottrust.domain.errors import ConflictError
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.domain.reasons import Reason
from roottrust.kube.kind import DEPLOYMENTS, ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore

PLACE = MeshPlace(cluster="cluster1", home="gloo-mesh")
MESH = "istiod-istio-system-cluster1"
ISTIOD = ObjectKey(kind=DEPLOYMENTS, namespace="istio-system", name="istiod")
_VERSIONS = count(100)

CERTIFICATE = ObjectKey(kind=ISSUED_CERTIFICATES, namespace="istio-system", name=MESH)


def build_store(found: Iterable[tuple[ResourceKind, dict[str, Any]]] = ()) -> ObjectStore:
    """Return a store that keeps of these objects what the cluster role keeps."""
    store = ObjectStore(each.resource for each in WATCHED)
    for kind, manifest in found:
        put(store, kind, manifest)
    return store


def put(store: ObjectStore, kind: ResourceKind, manifest: dict[str, Any]) -> ObjectKey | None:
    keep = next(each.keep for each in WATCHED_ALONE if each.resource == kind)
    is_of_a_version = "resourceVersion" in manifest["metadata"]
    found = manifest if is_of_a_version else add_version(manifest)
    return store.apply_event(kind, "MODIFIED", keep(found))


def add_version(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object in a version of its own, as each write makes one."""
    version = {"resourceVersion": str(next(_VERSIONS))}
    return {**manifest, "metadata": manifest["metadata"] | version}


def check_version(store: ObjectStore, kind: ResourceKind, status: dict[str, Any]) -> None:
    """Refuse a status of another version than is there, as an API server does."""
    place = status["metadata"]
    found = store.get(kind, namespace=place["namespace"], name=place["name"])
    if found is None or place["resourceVersion"] != found["metadata"]["resourceVersion"]:
        raise ConflictError("Another.", reason=Reason.CONFLICT)


def build_object(name: str, *, namespace: str = "", **content: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": {**metadata, **content.pop("metadata", {})}, **content}


def build_roots(namespace: str, text: str, *, version: str = "1") -> dict[str, Any]:
    return build_object(
        "istio-ca-root-cert",
        namespace=namespace,
        data={"root-cert.pem": text},
        metadata={"resourceVersion": version, "annotations": {"a": "b"}},
    )


def build_mesh(*, namespace: str = "istio-system", labelled: bool = True) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "roottrust"} if labelled else {}
    installation = {"namespace": namespace, "cluster": "cluster1"}
    return build_object(
        f"istiod-{namespace}-cluster1",
        namespace="gloo-mesh",
        metadata={"labels": labels, "uid": "u-1"},
        spec={"istio": {"installation": installation}},
    )


def build_certificate(*pods: str, cluster: str = "cluster1") -> dict[str, Any]:
    return build_object(
        MESH,
        namespace="istio-system",
        spec={"meshRef": {"cluster": cluster, "deployment": "istiod"}, "trustBundle": "PEM"},
        status={"instances": [{"pod": pod} for pod in pods]},
    )

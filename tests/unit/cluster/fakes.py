"""A cluster role's store and API server, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from roottrust.cluster.kinds import ISSUED_CERTIFICATES, WATCHED
from roottrust.domain.mesh_plan import MeshPlace
from roottrust.kube.kind import DEPLOYMENTS, ResourceKind
from roottrust.runtime.store import ObjectKey, ObjectStore

PLACE = MeshPlace(cluster="cluster1", home="gloo-mesh")
MESH = "istiod-istio-system-cluster1"
ISTIOD = ObjectKey(kind=DEPLOYMENTS, namespace="istio-system", name="istiod")
CERTIFICATE = ObjectKey(kind=ISSUED_CERTIFICATES, namespace="istio-system", name=MESH)


def build_store(found: Iterable[tuple[ResourceKind, dict[str, Any]]] = ()) -> ObjectStore:
    """Return a store that keeps of these objects what the cluster role keeps."""
    store = ObjectStore(each.resource for each in WATCHED)
    for kind, manifest in found:
        put(store, kind, manifest)
    return store


def put(store: ObjectStore, kind: ResourceKind, manifest: dict[str, Any]) -> ObjectKey | None:
    keep = next(each.keep for each in WATCHED if each.resource == kind)
    return store.apply_event(kind, "MODIFIED", keep(manifest))


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

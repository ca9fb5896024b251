"""Whether an API server takes manifests as they are: a server-side apply that changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from testbed import Cluster
from tests.integration.kube_api import find_object
from tests.integration.kube_writes import apply_dry, apply_object

# Kinds of other products: Prometheus' operator, Argo CD, Flux; and files for kustomize alone.
_OTHERS = ("monitoring.coreos.com", "argoproj.io", "toolkit.fluxcd.io", "kustomize.config.k8s.io")
_OF_CLUSTERS = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace"}
)
_NAMESPACES = ("gloo-mesh", "istio-system", "argocd", "team-a")

Manifest = dict[str, Any]


def is_applied(manifest: Manifest) -> bool:
    """Whether it is an object of Kubernetes or of ours, and no configuration."""
    group = manifest.get("apiVersion", "").partition("/")[0]
    is_object = "kind" in manifest and bool(manifest.get("metadata", {}).get("name"))
    return is_object and not group.endswith(_OTHERS)


def make_places(cluster: Cluster) -> None:
    """Make the namespaces in which all of it lies."""
    for name in _NAMESPACES:
        if find_object(cluster, "namespaces", "", name) is None:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            apply_object(cluster, namespace)


def find_warnings(cluster: Cluster, manifests: Iterable[Manifest]) -> list[str]:
    """Return what the API server warns of; what it refuses is raised."""
    manager, told = f"gitops-{uuid.uuid4().hex[:8]}", []
    for each in filter(is_applied, manifests):
        place = "" if each["kind"] in _OF_CLUSTERS else "gloo-mesh"
        told.append(apply_dry(cluster, each, manager=manager, namespace=place, force=True)[1])
    assert told, "nothing is applied"
    return [each for each in told if each]

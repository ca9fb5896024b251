"""The registered clusters: their names, and what one API server has for each of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.bench.fleet import NAMESPACE

API_SERVER = "fleet"
POLICY = "every-cluster"

_SAMPLE = Path(__file__).parents[3] / "deploy/samples/every-cluster.yaml"
_LABELS = {"bench": "fleet"}
_ACCOUNT = "istiod-service-account"


def list_names(count: int) -> tuple[str, ...]:
    """Return the names of the clusters."""
    return tuple(f"member-{number:04d}" for number in range(1, count + 1))


def list_dead(names: Iterable[str]) -> tuple[str, ...]:
    """Return every tenth of them."""
    return tuple(names)[9::10]


def get_namespace(cluster: str) -> str:
    """Return the namespace that stands for a cluster: its istiod's, and all that it has."""
    return f"mesh-{cluster}"


def get_mesh(cluster: str) -> str:
    """Return the name of its Mesh."""
    return f"istiod-{get_namespace(cluster)}-{cluster}"


def build_namespace(cluster: str) -> dict[str, Any]:
    """Return the namespace of a cluster."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": get_namespace(cluster)}}


def build_mesh(cluster: str) -> dict[str, Any]:
    """Return the one Mesh of a cluster, as its own part of the operator makes it."""
    namespace = get_namespace(cluster)
    place = {"namespace": namespace, "cluster": cluster, "podLabels": {"app": "istiod"}}
    return {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": namespace, "name": get_mesh(cluster)},
        "spec": {"istio": {"installation": place, "istiodServiceAccount": _ACCOUNT}},
    }


def build_secret(cluster: str, *, server: str, ca_pem: str, token: str) -> dict[str, Any]:
    """Return the Secret that registers a cluster as one behind this address."""
    kubeconfig = yaml.safe_dump(_build_kubeconfig(server, ca_pem, token))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": cluster,
            "namespace": NAMESPACE,
            "labels": {"istio/multiCluster": "true", **_LABELS},
        },
        "data": {cluster: _encode(kubeconfig)},
    }


def build_policy() -> dict[str, Any]:
    """Return the one policy of all of them, which has its root made."""
    manifest: dict[str, Any] = yaml.safe_load(_SAMPLE.read_text(encoding="utf-8"))
    spec = manifest["spec"]
    spec["applyToMeshes"] = [{"istio": {"clusterSelector": _LABELS}}]
    spec["management"]["root"] = {"source": "Generate"}
    return manifest


def is_true(policy: Mapping[str, Any], condition: str) -> bool:
    """Whether a condition of an object is True."""
    conditions = policy.get("status", {}).get("conditions", [])
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


def _build_kubeconfig(server: str, ca_pem: str, token: str) -> dict[str, Any]:
    name = "member"
    cluster = {"server": server, "certificate-authority-data": _encode(ca_pem)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

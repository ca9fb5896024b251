"""Mesh objects, as a cluster's own part of the operator makes them."""

from __future__ import annotations

from typing import Any

from testbed import Cluster
from tests.integration.kube_writes import apply_object, delete_and_wait


def put_mesh(
    cluster: Cluster,
    *,
    lies_in: str,
    speaks_for: str,
    account: str,
    deployment: str = "istiod",
    names: str | None = None,
) -> None:
    """Create a Mesh, wherever it lies, and whichever cluster it names instead of its own."""
    name = names or cluster.name
    place = {"namespace": speaks_for, "cluster": name, "podLabels": {"app": "istiod"}}
    manifest = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": lies_in, "name": f"{deployment}-{speaks_for}-{name}"},
        "spec": {"istio": {"installation": place, "istiodServiceAccount": account}},
    }
    apply_object(cluster, manifest)


def delete_mesh(cluster: Cluster, *, namespace: str, deployment: str = "istiod") -> None:
    """Delete one that lies beside its istiod."""
    name = f"{deployment}-{namespace}-{cluster.name}"
    delete_and_wait(cluster, "meshes", namespace, name)


def delete_all_meshes(cluster: Cluster) -> None:
    """Delete those that tests before have left: their namespaces may take minutes to go."""
    cluster.kubectl("delete", "meshes", "--all", "--all-namespaces")


def report_mesh(
    cluster: Cluster,
    *,
    namespace: str,
    fingerprints: list[str],
    replicas: int = 1,
    lies_in: str = "",
    **status: Any,
) -> None:
    """Report on one, beside its istiod by default, as the cluster's part of the operator does."""
    manifest = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {
            "namespace": lies_in or namespace,
            "name": f"istiod-{namespace}-{cluster.name}",
        },
        "status": {
            "rootFingerprints": fingerprints,
            "namespaces": {"inSync": 3, "total": 3},
            "istiod": {"ready": replicas, "total": replicas},
            "selfSigned": False,
            **status,
        },
    }
    apply_object(cluster, manifest, part="status")

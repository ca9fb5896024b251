"""Mesh objects, as a cluster's own part of the operator makes them."""

from __future__ import annotations

import json
from typing import Any

from testbed import Cluster


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
    cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(manifest))


def delete_mesh(cluster: Cluster, *, namespace: str, deployment: str = "istiod") -> None:
    """Delete one that lies beside its istiod."""
    cluster.kubectl("delete", "mesh", f"{deployment}-{namespace}-{cluster.name}", "-n", namespace)


def report_mesh(
    cluster: Cluster, *, namespace: str, fingerprints: list[str], replicas: int = 1, **status: Any
) -> None:
    """Report on one that lies beside its istiod, as the cluster's part of the operator does."""
    manifest = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": namespace, "name": f"istiod-{namespace}-{cluster.name}"},
        "status": {
            "rootFingerprints": fingerprints,
            "namespaces": {"inSync": 3, "total": 3},
            "istiod": {"ready": replicas, "total": replicas},
            "selfSigned": False,
            **status,
        },
    }
    words = ("apply", "--server-side", "--subresource=status", "-f", "-")
    cluster.kubectl(*words, input=json.dumps(manifest))

"""Mesh objects, as a cluster's own part of the operator makes them."""

from __future__ import annotations

import json

from testbed import Cluster


def put_mesh(
    cluster: Cluster, *, lies_in: str, speaks_for: str, account: str, deployment: str = "istiod"
) -> None:
    """Create a Mesh, wherever it lies."""
    place = {"namespace": speaks_for, "cluster": "cluster1", "podLabels": {"app": "istiod"}}
    manifest = {
        "apiVersion": "internal.gloo.solo.io/v2",
        "kind": "Mesh",
        "metadata": {"namespace": lies_in, "name": f"{deployment}-{speaks_for}-cluster1"},
        "spec": {"istio": {"installation": place, "istiodServiceAccount": account}},
    }
    cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(manifest))

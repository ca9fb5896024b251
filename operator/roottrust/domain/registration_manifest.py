"""The Secret by which `roottrust cluster join` registers a cluster."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from roottrust.domain.cluster_registration import CLUSTER_LABEL
from roottrust.domain.kubeconfig import ClusterAccess, build_kubeconfig

SECRET_PREFIX = "roottrust-cluster-"  # noqa: S105 - a name's beginning

Manifest = Mapping[str, Any]


def name_secret(cluster: str) -> str:
    """Return the name of a cluster's Secret."""
    return f"{SECRET_PREFIX}{cluster}"


def build_registration(
    cluster: str,
    access: ClusterAccess,
    *,
    namespace: str,
    found: Manifest | None,
    labels: Mapping[str, str | None],
    annotations: Mapping[str, str],
) -> dict[str, Any]:
    """Return the Secret; labels and annotations that it has stay unless others are given.

    A label that is given as None is taken off. So joining again, as for another token, changes
    nothing that policies select by.
    """
    known = (found or {}).get("metadata") or {}
    merged = {**(known.get("labels") or {}), **labels, CLUSTER_LABEL: "true"}
    kept = known.get("annotations") or {}
    text = build_kubeconfig(cluster, access)
    return {
        "metadata": {
            "name": name_secret(cluster),
            "namespace": namespace,
            "labels": {key: value for key, value in merged.items() if value is not None},
            "annotations": {**kept, **annotations},
        },
        "type": "Opaque",
        "data": {cluster: base64.b64encode(text.encode()).decode()},
    }

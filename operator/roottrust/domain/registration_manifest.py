"""The Secret by which `roottrust cluster join` registers a cluster."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.cluster_registration import CLUSTER_LABEL, read_registrations
from roottrust.domain.kubeconfig import ClusterAccess, build_kubeconfig
from roottrust.domain.manifest import Manifest

SECRET_PREFIX = "roottrust-cluster-"  # noqa: S105 - a name's beginning


def find_registering(cluster: str, secrets: Iterable[Manifest]) -> Manifest | None:
    """Return the Secret that registers a cluster already, whoever made it; None if none does.

    A second one would be refused: of one name the oldest counts.
    """
    named = [each for each in secrets if cluster in (each.get("data") or {})]
    used = read_registrations(named, own_name="").used.get(cluster)
    if used is None:
        return named[0] if named else None
    return next(each for each in named if each["metadata"]["name"] == used.secret)


def build_registration(
    cluster: str,
    access: ClusterAccess,
    *,
    namespace: str,
    found: Manifest | None,
    labels: Mapping[str, str | None],
    annotations: Mapping[str, str],
) -> dict[str, Any]:
    """Return what to apply of the Secret that was found, or of a new one.

    Labels and annotations stay unless others are given; a label that is given as None is taken
    off. So joining again, as for another token, changes nothing that policies select by.
    """
    known = (found or {}).get("metadata") or {}
    merged = {**(known.get("labels") or {}), **labels, CLUSTER_LABEL: "true"}
    kept = known.get("annotations") or {}
    text = build_kubeconfig(cluster, access)
    return {
        "metadata": {
            "name": known.get("name") or f"{SECRET_PREFIX}{cluster}",
            "namespace": namespace,
            "labels": {key: value for key, value in merged.items() if value is not None},
            "annotations": {**kept, **annotations},
        },
        "data": {cluster: base64.b64encode(text.encode()).decode()},
    }

"""What the cluster role watches, filtered by the server, and how little of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.kind import MESH
from roottrust.domain.discovery import SELECTOR
from roottrust.kube.kind import DEPLOYMENTS
from roottrust.kube.own_kind import build_resource
from roottrust.runtime.watching import WatchedKind

MESHES = build_resource(MESH)

Object = Mapping[str, Any]

WATCHED = (
    WatchedKind(resource=DEPLOYMENTS, label_selector=SELECTOR),
    WatchedKind(resource=MESHES),
)

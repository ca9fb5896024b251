"""Our own kinds, as the API server names them."""

from __future__ import annotations

from roottrust.api.kind import CustomKind
from roottrust.kube.kind import ResourceKind


def build_resource(kind: CustomKind) -> ResourceKind:
    """Return one of our kinds in the form that requests and watches need."""
    return ResourceKind(group=kind.group, version=kind.version, plural=kind.plural, kind=kind.kind)

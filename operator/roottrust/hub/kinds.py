"""The kinds that the hub watches, as the API server names them."""

from __future__ import annotations

from roottrust.api.kind import ISSUED_CERTIFICATE, MESH, ROOT_TRUST_POLICY, CustomKind
from roottrust.kube.kind import ResourceKind


def _build(kind: CustomKind) -> ResourceKind:
    return ResourceKind(group=kind.group, version=kind.version, plural=kind.plural, kind=kind.kind)


POLICIES = _build(ROOT_TRUST_POLICY)
MESHES = _build(MESH)
ISSUED_CERTIFICATES = _build(ISSUED_CERTIFICATE)

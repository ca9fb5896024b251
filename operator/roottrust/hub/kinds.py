"""The kinds that the hub watches, as the API server names them."""

from __future__ import annotations

from roottrust.api.kind import ISSUED_CERTIFICATE, MESH, ROOT_TRUST_POLICY
from roottrust.kube.own_kind import build_resource

POLICIES = build_resource(ROOT_TRUST_POLICY)
MESHES = build_resource(MESH)
ISSUED_CERTIFICATES = build_resource(ISSUED_CERTIFICATE)

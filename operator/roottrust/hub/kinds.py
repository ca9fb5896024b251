"""The kinds that the hub watches or writes, as the API server names them."""

from __future__ import annotations

from roottrust.api.kind import (
    ISSUED_CERTIFICATE,
    MESH,
    POD_BOUNCE_DIRECTIVE,
    ROOT_TRUST_POLICY,
)
from roottrust.kube.own_kind import build_resource

POLICIES = build_resource(ROOT_TRUST_POLICY)
MESHES = build_resource(MESH)
ISSUED_CERTIFICATES = build_resource(ISSUED_CERTIFICATE)
DIRECTIVES = build_resource(POD_BOUNCE_DIRECTIVE)

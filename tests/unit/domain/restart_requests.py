"""What clusters ask the hub to restart, for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from roottrust.api.mesh import MeshStatus
from roottrust.api.pod_bounce_directive import PodSelector
from roottrust.api.restart_request import RestartRequest
from roottrust.domain.manifest import Manifest
from roottrust.domain.trust_bundle import fingerprint_text
from tests.unit.domain.agent_entries import build_mesh_status
from tests.unit.domain.issuances import OPTIONS, TRUST, build_certificate

PINNED = fingerprint_text(TRUST.bundle.pem)
RESTARTING = replace(OPTIONS, restarts_pods=True)
NAME = f"istiod-istio-system-cluster1-{PINNED[:12]}-1"


def build_restarting(**spec: Any) -> Manifest:
    """Return an IssuedCertificate that asks for restarts."""
    return build_certificate(autoRestartPods=True, **spec)


def ask(**changes: Any) -> MeshStatus:
    """Return what a cluster reports that waits for a directive."""
    request = RestartRequest(
        trust_hash=PINNED,
        part=1,
        pods_to_bounce=(PodSelector(namespace="bookinfo", labels={"app": "reviews"}),),
    )
    return build_mesh_status(restart_request=request.model_copy(update=changes))

"""A mesh that is as it should be, for tests of what can differ."""

from __future__ import annotations

import hashlib
from typing import Any

from roottrust.api.issued_certificate import Instance, IssuedCertificateSpec
from roottrust.domain.verification import Pinned, VerifiedMesh
from tests.unit.domain.chains import INTERMEDIATE, ROOT

POD = "istiod-7d4b9c6f5-x2x9z"
PINNED = Pinned(text=ROOT.pem, roots=(ROOT.certificate,))
MESH = VerifiedMesh(
    cluster="cluster1",
    namespace="istio-system",
    deployment="istiod",
    pinned=PINNED,
    trust_domain="cluster.local",
)


def build_spec(**changes: Any) -> IssuedCertificateSpec:
    given: dict[str, Any] = {
        "meshRef": {
            "name": "istiod-istio-system-cluster1",
            "cluster": "cluster1",
            "namespace": "istio-system",
            "deployment": "istiod",
        },
        "certOptions": {"commonName": "roottrust istiod CA cluster1", "ttlDays": 365},
        "agentCa": {
            "vault": {
                "caPath": "pki/issuer/0f9a6c1e-6b0e-4a0c-9d3e-1d8f5b6a7c21/sign-intermediate",
                "server": "https://vault.example:8200",
                "kubernetesAuth": {"mountPath": "/v1/auth/kube-cluster1-mesh-auth", "role": "r"},
            }
        },
        "trustBundle": ROOT.pem,
        **changes,
    }
    return IssuedCertificateSpec.model_validate(given)


def build_instance(**changes: Any) -> Instance:
    certificate = INTERMEDIATE.certificate
    given: dict[str, Any] = {
        "pod": POD,
        "fingerprint": certificate.fingerprint,
        "chain": INTERMEDIATE.pem,
        "trustBundleFingerprint": hashlib.sha256(ROOT.pem.encode()).hexdigest(),
        "intermediateGeneration": 1,
        "notAfter": certificate.not_after,
        "loadedByIstiod": True,
        **changes,
    }
    return Instance.model_validate(given)

"""A fleet as the hub and agents tell of it, written by a test: certificates may end at any time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.names import build_intermediate_common_name
from testbed import Cluster
from tests.integration.hub.policy import Policy
from tests.integration.kube_writes import apply_object, patch_object

POD = "istiod-5d9c7b6f4-abcde"
TYPES = ("Accepted", "VaultReachable", "VaultConfigured", "CertificatesIssued", "TrustPropagated")

_CLUSTER = "cluster1"
_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, kw_only=True)
class ToldFleet:
    """One policy, its mesh in this cluster, and one in another that is told of by number."""

    cluster: Cluster
    policy: Policy
    root: Certificate
    intermediate: Certificate

    @property
    def mesh(self) -> str:
        return f"istiod-{self.policy.namespace}-{_CLUSTER}"

    def tell(self, **unmet: tuple[str, str, str]) -> None:
        """Write everything; conditions that are named have another status, reason and message."""
        self._apply_certificate()
        self._report()
        generation = self.policy.read()["metadata"]["generation"]
        self.policy.patch_status(
            {
                "observedGeneration": generation,
                "conditions": [
                    _build_condition(each, unmet.get(each)) for each in (*TYPES, "Ready")
                ],
                "root": {
                    "subject": self.root.subject,
                    "fingerprint": self.root.fingerprint,
                    "notAfter": _show(self.root.not_after),
                },
                "trustBundle": [{"fingerprint": self.root.fingerprint, "reason": "Root"}],
                "meshes": [
                    {
                        "cluster": _CLUSTER,
                        "mesh": self.mesh,
                        "instancesReady": 1,
                        "instancesTotal": 1,
                        "earliestNotAfter": _show(self.intermediate.not_after),
                    },
                    {
                        "cluster": "far-away",
                        "mesh": "istiod-istio-system-far-away",
                        "instancesReady": 2,
                        "instancesTotal": 2,
                        "earliestNotAfter": _show(datetime.now(UTC) + timedelta(days=99)),
                    },
                ],
                "meshTotals": {"total": 2, "ready": 2},
            }
        )

    def _apply_certificate(self) -> None:
        mark = f"roottrust hub=hub policy={self.policy.full_name} uid=u-1 origin=created"
        spec = {
            "meshRef": {
                "name": self.mesh,
                "cluster": _CLUSTER,
                "namespace": self.policy.namespace,
                "deployment": "istiod",
            },
            "certOptions": {"commonName": build_intermediate_common_name(_CLUSTER), "ttlDays": 25},
            "agentCa": {
                "vault": {
                    "caPath": "pki/issuer/1/sign-intermediate",
                    "server": "https://vault.example:8200",
                    "kubernetesAuth": {"mountPath": "/v1/auth/kubernetes", "role": "none"},
                }
            },
            "trustBundle": self.root.pem,
        }
        metadata = {
            "name": self.mesh,
            "namespace": self.policy.namespace,
            "annotations": {"internal.gloo.solo.io/owner": mark},
        }
        manifest = {
            "apiVersion": "internal.gloo.solo.io/v2",
            "kind": "IssuedCertificate",
            "metadata": metadata,
            "spec": spec,
        }
        apply_object(self.cluster, manifest)

    def _report(self) -> None:
        told = self.intermediate
        instance = {
            "pod": POD,
            "serial": told.serial,
            "fingerprint": told.fingerprint,
            "chain": told.pem,
            "trustBundleFingerprint": hashlib.sha256(self.root.pem.encode()).hexdigest(),
            "intermediateGeneration": 1,
            "notAfter": _show(told.not_after),
            "loadedByIstiod": True,
        }
        patch = {"status": {"instances": [instance]}}
        place = (self.policy.namespace, self.mesh)
        patch_object(self.cluster, "issuedcertificates", *place, patch, part="status")


def make_fleet(
    cluster: Cluster, policy: Policy, *, root_life: timedelta, life: timedelta
) -> ToldFleet:
    """Return a fleet whose root and intermediate have so much of their lives left."""
    root = _make("Root", "Root", path_length=None, left=root_life, key=_KEY)
    name = build_intermediate_common_name(_CLUSTER)
    key = ec.generate_private_key(ec.SECP256R1())
    intermediate = _make(name, "Root", path_length=0, left=life, key=key)
    return ToldFleet(cluster=cluster, policy=policy, root=root, intermediate=intermediate)


def _make(
    subject: str,
    issuer: str,
    *,
    path_length: int | None,
    left: timedelta,
    key: ec.EllipticCurvePrivateKey,
) -> Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + left)
        .add_extension(constraints, critical=True)
        .sign(_KEY, hashes.SHA256())
    )
    return parse_certificate(certificate.public_bytes(Encoding.PEM).decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _build_condition(type_: str, unmet: tuple[str, str, str] | None) -> dict[str, Any]:
    status, reason, message = unmet or ("True", "Fine", "It is as it should be.")
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": _show(datetime.now(UTC)),
    }


def _show(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

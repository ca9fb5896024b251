"""IssuedCertificates as we want them: what the agents beside one istiod are to obtain.

Nothing in them is secret: agents log in with their own tokens, and keys never travel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from roottrust.api.choices import RestartOn
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.rotation import Rotation
from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.managed_by import MANAGED_BY
from roottrust.domain.mark import OWNER_ANNOTATION, Mark
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.cluster_trust import ClusterTrust
from roottrust.domain.target import ClusterTarget, MeshTarget, VaultTarget

# Every pass over a fleet meets the same few again.
_CAS_MAX = 64


@dataclass(frozen=True, kw_only=True, order=True)
class CertificateKey:
    """Which IssuedCertificate of which cluster."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """What a policy tells agents beside what Vault holds for them.

    `ca_pem` is what Vault's own certificate is checked with, None for the system's trust.
    """

    ca_pem: str | None
    renewal_ratio: float | None
    rotation: Rotation
    restarts_pods: bool
    restarts_on_issuance: bool = False


def read_agent_options(spec: RootTrustPolicySpec, *, ca_pem: str | None) -> AgentOptions:
    """Return what a policy tells agents; raises InvalidSpecError for a CA that they cannot use."""
    config = spec.config
    return AgentOptions(
        ca_pem=_read_certificates(ca_pem) if ca_pem else None,
        renewal_ratio=config.intermediate_cert_options.secret_rotation_grace_period_ratio,
        rotation=spec.rotation,
        restarts_pods=config.auto_restart_pods,
        restarts_on_issuance=config.auto_restart_pods and config.restart_on is RestartOn.ISSUANCE,
    )


@lru_cache(maxsize=_CAS_MAX)
def _read_certificates(pem: str) -> str:
    """Return the certificates of a CA's text alone: it may come from a file with more in it."""
    try:
        return "".join(each.pem for each in parse_certificates(pem))
    except UnreadableCertificateError as error:
        raise InvalidSpecError(
            f"The CA of Vault cannot be given to agents: {error}", reason=Reason.INVALID_CA_BUNDLE
        ) from None


def build_key(cluster: ClusterTarget, mesh: MeshTarget) -> CertificateKey:
    """Return where the IssuedCertificate of a mesh is: beside istiod, named as the Mesh is."""
    return CertificateKey(cluster=cluster.cluster, namespace=mesh.namespace, name=mesh.name)


def build_metadata(key: CertificateKey, mark: Mark) -> dict[str, Any]:
    """Return what we want of an object's metadata: its place, and whose it is."""
    return {
        "namespace": key.namespace,
        "name": key.name,
        "labels": dict(MANAGED_BY),
        "annotations": {OWNER_ANNOTATION: mark.render()},
    }


def build_spec(
    target: VaultTarget,
    cluster: ClusterTarget,
    mesh: MeshTarget,
    *,
    trust: ClusterTrust,
    options: AgentOptions,
) -> dict[str, Any]:
    """Return the specification, with every field that the API server would fill in otherwise."""
    root = trust.signer
    return {
        "meshRef": {
            "name": mesh.name,
            "cluster": cluster.cluster,
            "namespace": mesh.namespace,
            "deployment": mesh.deployment,
        },
        "hosts": [f"{mesh.deployment}.{mesh.namespace}.svc"],
        "certOptions": _build_options(target, cluster, root, options),
        "agentCa": {"vault": _build_vault(target, cluster, root, options)},
        "trustBundle": trust.bundle.pem,
        **trust.build_fields(),
        "intermediateGeneration": options.rotation.find_generation(cluster.cluster),
        "autoRestartPods": trust.wants_restarts(is_asked=options.restarts_pods),
        **({"restartOn": RestartOn.ISSUANCE.value} if options.restarts_on_issuance else {}),
    }


def _build_options(
    target: VaultTarget, cluster: ClusterTarget, root: UsableRoot, options: AgentOptions
) -> dict[str, Any]:
    """Return what Vault's policy pins: a request for anything else is refused there."""
    return _drop_unset(
        {
            "commonName": build_intermediate_common_name(cluster.cluster),
            "ttlDays": root.ttl_days,
            "keyType": target.intermediate.key_type.value,
            "orgName": target.intermediate.organization,
            "secretRotationGracePeriodRatio": options.renewal_ratio,
        }
    )


def _build_vault(
    target: VaultTarget, cluster: ClusterTarget, root: UsableRoot, options: AgentOptions
) -> dict[str, Any]:
    mount = cluster.intermediate_mount
    return _drop_unset(
        {
            "caPath": f"{target.root.mount}/issuer/{root.issuer_id}/sign-intermediate",
            "csrPath": f"{mount}/intermediate/generate/exported" if mount else None,
            "server": target.server,
            "namespace": target.namespace,
            "caBundle": options.ca_pem,
            "kubernetesAuth": {
                "mountPath": f"/v1/auth/{cluster.auth_mount}",
                "role": cluster.role,
            },
        }
    )


def _drop_unset(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

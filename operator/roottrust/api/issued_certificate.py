"""IssuedCertificate: what the agents beside one istiod are to obtain, and what they have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.certificate_options import GraceRatio
from roottrust.api.choices import IssuanceState, KeyType, RestartOn, RestartScope
from roottrust.api.condition import Conditions
from roottrust.api.listing import distinct, keyed_by
from roottrust.api.model import ExchangedModel
from roottrust.api.pem import CaBundle, Certificates, OneCertificate
from roottrust.api.reference import MESH_REFERENCE_IS_FIXED, MeshReference
from roottrust.api.rotation import GENERATION_MAX
from roottrust.api.rotation_step import RotationStep
from roottrust.api.rule import full_match, never_lowered
from roottrust.api.text import (
    Count,
    Fingerprint,
    ObservedGeneration,
    StatusName,
    StatusText,
    SubjectText,
    Timestamp,
)
from roottrust.api.vault_path import (
    AuthMount,
    CsrPath,
    RoleName,
    RootSignPath,
    VaultNamespace,
    VaultUrl,
)

INSTANCES_MAX = 32

Host = Annotated[
    str,
    Field(min_length=1, max_length=253),
    full_match(
        r"[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?",
        "must be a DNS name or a SPIFFE id, such as istiod.istio-system.svc",
    ),
]
SerialNumber = Annotated[
    str,
    Field(min_length=1, max_length=64),
    full_match("[0-9a-f]+(:[0-9a-f]{2})*", "must be hexadecimal, such as 1f:c4:09"),
]


class IssuedKubernetesAuth(ExchangedModel):
    """How the agents log in."""

    mount_path: AuthMount = Field(description="`/v1/auth/` and the mount of the auth method.")
    role: RoleName = Field(description="Role to log in as.")


class IssuedVaultCa(ExchangedModel):
    """The policy's Vault for one cluster: every placeholder filled in, the issuer named."""

    ca_path: RootSignPath = Field(
        description="Path that signs, with its issuer named: MOUNT/issuer/ISSUER/sign-intermediate."
    )
    csr_path: CsrPath | None = Field(
        default=None, description="Path that makes the key; unset: the agent makes it."
    )
    server: VaultUrl = Field(description="Vault's address.")
    namespace: VaultNamespace | None = Field(default=None, description="Vault namespace.")
    ca_bundle: CaBundle | None = Field(
        default=None, description="CA certificates that the server's is checked with, in PEM."
    )
    kubernetes_auth: IssuedKubernetesAuth = Field(description="How the agents log in.")


class IssuedAgentCa(ExchangedModel):
    """Who signs."""

    vault: IssuedVaultCa = Field(description="The Vault server and its paths.")


class CertOptions(ExchangedModel):
    """What the intermediate looks like; Vault's policy pins what is written here."""

    common_name: SubjectText = Field(description="Common name in its subject: one each cluster.")
    ttl_days: int = Field(ge=1, le=3650, description="Days that it is valid.")
    key_type: KeyType = Field(default=KeyType.ECDSA_P256, description="Its key.")
    org_name: SubjectText | None = Field(default=None, description="Its organization.")
    secret_rotation_grace_period_ratio: GraceRatio | None = Field(
        default=None,
        description="Share of the lifetime that is left when it is renewed. Default: a third.",
    )


class IssuedCertificateSpec(ExchangedModel):
    """What every agent of one mesh is to obtain. The hub writes it; leave it to the hub."""

    mesh_ref: Annotated[MeshReference, MESH_REFERENCE_IS_FIXED] = Field(
        description="The mesh that this is for."
    )
    hosts: Annotated[tuple[Host, ...], Field(max_length=16, json_schema_extra=distinct())] = Field(
        default=(), description="Names that the intermediate is for."
    )
    cert_options: CertOptions = Field(description="What the intermediate looks like.")
    agent_ca: IssuedAgentCa = Field(description="Who signs it.")
    trust_bundle: Certificates = Field(
        description="The exact text of root-cert.pem: a chain that does not end in it is not used."
    )
    cross_certificates: Certificates | None = Field(
        default=None,
        description="Appended to the chain while a root is rotated: the new root, signed by the "
        "old one.",
    )
    signing_root: OneCertificate | None = Field(
        default=None,
        description="The root whose key signs. Unset: the first one of trustBundle.",
    )
    rotation_step: RotationStep | None = Field(
        default=None,
        description="While a root is rotated: what its signer and roots are known by. The Mesh "
        "tells since when all of its cluster is so, and whose leaves are older.",
    )
    intermediate_generation: Annotated[
        int,
        Field(ge=1, le=GENERATION_MAX),
        never_lowered("cannot be lowered: generations count up"),
    ] = Field(default=1, description="When it is raised, every agent obtains a new intermediate.")
    auto_restart_pods: bool = Field(
        default=False, description="Whether workloads are restarted when their trust has changed."
    )
    restart_on: RestartOn | None = Field(
        default=None,
        description="Issuance: they are restarted also once each istiod serves an intermediate of "
        "a raised intermediateGeneration. Unset: RootChange, when the roots have changed.",
    )
    restart_scope: RestartScope | None = Field(
        default=None,
        description="While a root is rotated. Istiod: istiod alone is restarted, if it takes "
        "changed roots, or knows its clients by them, no other way. Unset: workloads are "
        "restarted, too.",
    )


class Instance(ExchangedModel):
    """What one replica of istiod has; its own agent reports it."""

    pod: StatusName = Field(description="The replica's pod.")
    serial: SerialNumber | None = Field(default=None, description="The intermediate's serial.")
    fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the intermediate."
    )
    issuer_fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the certificate that signed it."
    )
    chain: Certificates | None = Field(
        default=None, description="The intermediate and its chain in PEM: proof of the above."
    )
    trust_bundle_fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the root-cert.pem that istiod was given."
    )
    started_with_roots: Fingerprint | None = Field(
        default=None,
        description="SHA-256 of the root-cert.pem that was there when the pod began. Until istiod "
        "is started anew it knows clients that show a certificate by these roots.",
    )
    intermediate_generation: Count | None = Field(
        default=None, description="The generation that it was issued for."
    )
    not_before: Timestamp | None = Field(default=None, description="When it begins.")
    not_after: Timestamp | None = Field(default=None, description="When it ends.")
    next_renewal: Timestamp | None = Field(
        default=None, description="When the agent is going to renew it."
    )
    loaded_by_istiod: bool | None = Field(
        default=None, description="istiod was seen to serve this chain."
    )
    error: StatusText | None = Field(
        default=None, description="What the agent failed at last; unset if nothing."
    )


class IssuedCertificateStatus(ExchangedModel):
    """What the mesh's agents have obtained."""

    observed_generation: ObservedGeneration | None = Field(
        default=None, description="The `metadata.generation` that this reports on."
    )
    state: IssuanceState | None = Field(default=None, description="All in one word.")
    message: StatusText | None = Field(default=None, description="What is missing, if anything.")
    conditions: Conditions = Field(default=(), description="Aspects of the state.")
    instances: Annotated[
        tuple[Instance, ...], Field(max_length=INSTANCES_MAX, json_schema_extra=keyed_by("pod"))
    ] = Field(default=(), description="The replicas of istiod.")

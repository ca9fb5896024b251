"""RootTrustPolicy: which meshes share which root of trust, and how Vault keeps it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.certificate_options import IntermediateCertOptions
from roottrust.api.choices import RestartOn
from roottrust.api.listing import ordered
from roottrust.api.management import Management
from roottrust.api.mesh_selector import IstioSelector, MeshSelector
from roottrust.api.model import ApiModel
from roottrust.api.pem import OneCertificate
from roottrust.api.reference import RootSecretReference
from roottrust.api.rotation import CLUSTERS_COUNT_UP, Rotation
from roottrust.api.rule import exactly_one, needed, refused
from roottrust.api.vault_ca import AgentCa, ForeignReference

__all__ = [
    "GeneratedCa",
    "IstioSelector",
    "MeshSelector",
    "MgmtServerCa",
    "PassiveCertificateAuthority",
    "RootTrustPolicyConfig",
    "RootTrustPolicySpec",
]


class GeneratedCa(ApiModel):
    """Options of a CA in a field that is refused; read only so that the refusal can say why."""

    ttl_days: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        default=None, description="Days that it is valid."
    )
    rsa_key_size_bytes: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        default=None, description="Size of its key."
    )
    org_name: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="Its organization."
    )
    secret_rotation_grace_period_ratio: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="When it is renewed."
    )


class MgmtServerCa(ApiModel):
    """A root CA kept by the management server: refused, read only to say why."""

    generated: GeneratedCa | None = Field(default=None, description="Options of a new root.")
    secret_ref: ForeignReference | None = Field(
        default=None, description="Secret with a root and its key."
    )


class PassiveCertificateAuthority(ApiModel):
    """A root that is trusted but never signs, such as one that is being left."""

    RULES = (
        refused(
            "generated",
            "generated is not supported: a new CA that never signs is trusted for nothing; name "
            "the CA to trust by secretRef or certificate",
        ),
        exactly_one("secretRef", "certificate", "set exactly one of secretRef and certificate"),
    )

    secret_ref: RootSecretReference | None = Field(
        default=None, description="Secret of the policy's namespace that holds the certificate."
    )
    certificate: OneCertificate | None = Field(
        default=None, description="The certificate itself, in PEM; no key."
    )
    generated: GeneratedCa | None = Field(
        default=None, description="Refused: a new CA that never signs is trusted for nothing."
    )


class RootTrustPolicyConfig(ApiModel):
    """The root of trust of the selected meshes."""

    RULES = (
        needed(
            "agentCa",
            "agentCa is missing: name the Vault server and its paths under agentCa.vault",
        ),
        refused(
            "mgmtServerCa",
            "mgmtServerCa is not supported: it would keep the root's key in etcd; use "
            "agentCa.vault, where that key stays in Vault",
        ),
    )

    agent_ca: AgentCa = Field(description="Who signs the intermediates.")
    intermediate_cert_options: IntermediateCertOptions = Field(
        default=IntermediateCertOptions(), description="What the intermediates look like."
    )
    passive_certificate_authorities: Annotated[
        tuple[PassiveCertificateAuthority, ...],
        Field(max_length=16, json_schema_extra=ordered()),
    ] = Field(
        default=(),
        description="Further roots in every mesh's trust bundle. They are trusted, never signing.",
    )
    auto_restart_pods: bool = Field(
        default=False,
        description="Restart workloads, by rolling updates, so that they pick up what restartOn "
        "names. Leave it off to restart them in your own way.",
    )
    restart_on: RestartOn = Field(
        default=RestartOn.ROOT_CHANGE,
        description="RootChange: only a changed root restarts workloads; a new intermediate under "
        "a trusted root needs none. Issuance: they are restarted, too, once each istiod serves an "
        "intermediate of a raised rotation.intermediateGeneration; not when one is renewed before "
        "its end, or istiod restarts.",
    )
    mgmt_server_ca: MgmtServerCa | None = Field(
        default=None, description="Refused: it would keep the root's key in etcd; use agentCa."
    )


class RootTrustPolicySpec(ApiModel):
    """Which meshes share which root of trust, and how it is kept."""

    apply_to_meshes: Annotated[
        tuple[MeshSelector, ...], Field(max_length=64, json_schema_extra=ordered())
    ] = Field(
        default=(),
        description="The meshes; each that one of these selects. Left out or empty: all meshes of "
        "the clusters that the operator grants to the policy's namespace.",
    )
    config: RootTrustPolicyConfig = Field(description="The root of trust.")
    management: Management = Field(
        default=Management(), description="What is done in Vault on this policy's behalf."
    )
    rotation: Annotated[Rotation, CLUSTERS_COUNT_UP] = Field(
        default=Rotation(), description="When and how roots and intermediates are replaced."
    )

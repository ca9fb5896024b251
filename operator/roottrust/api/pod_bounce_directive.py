"""PodBounceDirective: which workloads are to be restarted after a change of trust."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import BounceState, WorkloadState
from roottrust.api.condition import Conditions
from roottrust.api.listing import keyed_by, ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.reference import MESH_REFERENCE_IS_FIXED, MeshReference
from roottrust.api.rule import Rule, TransitionRule, refused, unchanged
from roottrust.api.text import (
    Count,
    DnsLabel,
    Fingerprint,
    LabelMap,
    ObjectName,
    ObservedGeneration,
    SecretKey,
    StatusName,
    StatusText,
    Timestamp,
)
from roottrust.api.vault_ca import ForeignReference

WORKLOADS_MAX = 500
GROUPS_MAX = 64

BounceLabels = Annotated[
    LabelMap,
    Rule(
        cel="size(self) > 0",
        holds=lambda labels: len(labels) > 0,
        message="must not be empty: that would restart everything in the namespace; write the "
        "labels of the pods",
    ),
]


_HASH_IS_FIXED = unchanged(
    "cannot be changed: a directive belongs to one change of trust; delete it and create another"
)


class ConfigMapReference(ExchangedModel):
    """A ConfigMap."""

    name: ObjectName = Field(description="Name of the ConfigMap.")
    namespace: DnsLabel | None = Field(
        default=None, description="Its namespace. Default: that of the pods."
    )


class RootCertSync(ExchangedModel):
    """The copy of the roots that must be current before pods are restarted."""

    RULES = (
        refused(
            "secretRef",
            "secretRef is not supported: the CA lies in no Secret; leave it out, trustHash says "
            "which roots are meant",
        ),
    )

    config_map_ref: ConfigMapReference = Field(
        default=ConfigMapReference(name="istio-ca-root-cert"),
        description="ConfigMap that istiod keeps the roots in. Default: istio-ca-root-cert. "
        "Another one has to be among the ConfigMaps that ClusterRole roottrust-cluster may get.",
    )
    config_map_key: SecretKey = Field(default="root-cert.pem", description="Its key.")
    secret_ref: ForeignReference | None = Field(
        default=None, description="Refused: the CA lies in no Secret."
    )


class PodSelector(ExchangedModel):
    """Pods whose owners are restarted, one group after the other."""

    namespace: DnsLabel = Field(description="The pods' namespace.")
    labels: BounceLabels = Field(description="Labels that the pods have.")
    wait_for_replicas: Count = Field(
        default=0, description="Replicas that must be ready again before the next group."
    )
    root_cert_sync: RootCertSync | None = Field(
        default=None, description="Wait until this copy of the roots is current."
    )


class PodBounceDirectiveSpec(ExchangedModel):
    """Which workloads are restarted, in the order in which they are listed."""

    RULES = (
        TransitionRule(
            cel="has(self.meshRef) == has(oldSelf.meshRef)",
            holds=lambda _: True,
            allows=lambda before, after: (before.mesh_ref is None) == (after.mesh_ref is None),
            message="meshRef cannot be added or taken away: a directive belongs to one mesh; "
            "delete it and create another",
            field="meshRef",
        ),
        TransitionRule(
            cel="has(self.trustHash) == has(oldSelf.trustHash)",
            holds=lambda _: True,
            allows=lambda before, after: (before.trust_hash is None) == (after.trust_hash is None),
            message="trustHash cannot be added or taken away: a directive belongs to one change "
            "of trust; delete it and create another",
            field="trustHash",
        ),
    )

    pods_to_bounce: Annotated[
        tuple[PodSelector, ...],
        Field(min_length=1, max_length=GROUPS_MAX, json_schema_extra=ordered()),
    ] = Field(description="Groups of pods: istiod, then gateways, then workloads.")
    mesh_ref: Annotated[MeshReference, MESH_REFERENCE_IS_FIXED] | None = Field(
        default=None, description="The mesh whose trust changed."
    )
    trust_hash: Annotated[Fingerprint, _HASH_IS_FIXED] | None = Field(
        default=None,
        description="SHA-256 of the trust bundle. A workload that was restarted for it is left "
        "alone. Default: this directive itself is what workloads are restarted for, once.",
    )
    created_before: Timestamp | None = Field(
        default=None,
        description="Restart only workloads that have a selected pod which was created before "
        "that. Default: all.",
    )


class BouncedWorkload(ExchangedModel):
    """How far the restart of one workload has come."""

    namespace: StatusName = Field(description="Its namespace.")
    kind: Annotated[str, Field(max_length=63)] = Field(description="Deployment, for example.")
    name: StatusName = Field(description="Its name.")
    state: WorkloadState = Field(description="How far it has come.")
    reason: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="One CamelCase word for programs on why it is so."
    )
    message: StatusText | None = Field(
        default=None, description="What it waits for, or why it is left alone."
    )
    ready: Count | None = Field(default=None, description="Its pods that are new and ready.")
    wanted: Count | None = Field(default=None, description="The pods that it should have.")
    started_at: Timestamp | None = Field(default=None, description="When its restart started.")
    progressed_at: Timestamp | None = Field(
        default=None, description="When one more of its pods was last new and ready."
    )


class PodBounceDirectiveStatus(ExchangedModel):
    """How far the restarts have come."""

    observed_generation: ObservedGeneration | None = Field(
        default=None, description="The `metadata.generation` that this reports on."
    )
    state: BounceState | None = Field(default=None, description="All in one word.")
    message: StatusText | None = Field(default=None, description="What it waits for.")
    trust_hash: Fingerprint | None = Field(
        default=None, description="The trust hash that these workloads were restarted for."
    )
    done: Count | None = Field(default=None, description="Workloads that are restarted.")
    total: Count | None = Field(
        default=None,
        description="Workloads that are to be restarted: those that were selected, without what "
        "is left alone.",
    )
    workloads: Annotated[
        tuple[BouncedWorkload, ...],
        Field(max_length=WORKLOADS_MAX, json_schema_extra=keyed_by("namespace", "kind", "name")),
    ] = Field(default=(), description="The workloads, those that are not done first.")
    conditions: Conditions = Field(default=(), description="Aspects of the state.")

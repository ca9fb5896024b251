"""Mesh: one istiod that was discovered in a cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import RestartScope
from roottrust.api.condition import Conditions
from roottrust.api.listing import distinct, ordered
from roottrust.api.mirrored_issuance import MirroredIssuance
from roottrust.api.model import ExchangedModel
from roottrust.api.restart_request import RestartRequest
from roottrust.api.rotation_step import RotationStep
from roottrust.api.rule import unchanged
from roottrust.api.stale_workloads import (
    ROOTS_MAX,
    STALE_WORKLOADS_MAX,
    StaleWorkloads,
    WorkloadText,
)
from roottrust.api.text import (
    Count,
    DnsLabel,
    DomainName,
    Fingerprint,
    LabelMap,
    LabelText,
    ObservedGeneration,
    StatusName,
    StatusText,
    Timestamp,
)

STALE_MAX = 20

_PLACE_IS_FIXED = unchanged("cannot be changed: it is part of the Mesh's identity and name")


class IstioInstallation(ExchangedModel):
    """Where istiod runs, and which one it is."""

    namespace: Annotated[DnsLabel, _PLACE_IS_FIXED] = Field(description="istiod's namespace.")
    cluster: Annotated[DnsLabel, _PLACE_IS_FIXED] = Field(
        description="The cluster. The hub believes only the name that it has registered."
    )
    pod_labels: LabelMap = Field(default_factory=dict, description="Labels of istiod's pods.")
    version: LabelText | None = Field(default=None, description="Istio's version.")
    revision: LabelText | None = Field(
        default=None, description="istiod's revision; `default` if it has no name."
    )


class IstioMesh(ExchangedModel):
    """An Istio control plane."""

    installation: IstioInstallation = Field(description="Where and which istiod is.")
    trust_domain: DomainName = Field(
        default="cluster.local", description="Trust domain of the mesh's identities."
    )
    istiod_service_account: DnsLabel | None = Field(
        default=None, description="ServiceAccount that istiod, and so its agent, runs as."
    )


class MeshSpec(ExchangedModel):
    """A service mesh that was discovered."""

    istio: IstioMesh = Field(description="An Istio control plane.")


class NamespaceSync(ExchangedModel):
    """How many namespaces have the root that istiod publishes."""

    in_sync: Count = Field(default=0, description="Namespaces that have the current bundle.")
    total: Count = Field(default=0, description="Namespaces that should have it.")
    stale: Annotated[
        tuple[DnsLabel, ...], Field(max_length=STALE_MAX, json_schema_extra=distinct())
    ] = Field(default=(), description="The first of those that do not.")
    summary: StatusName | None = Field(default=None, description="Both counts, as in `11/12`.")


class IstiodReplicas(ExchangedModel):
    """istiod's replicas."""

    ready: Count = Field(default=0, description="Those that are ready.")
    total: Count = Field(default=0, description="Those that are wanted.")
    summary: StatusName | None = Field(default=None, description="Both counts, as in `2/2`.")


class RotationEvidence(ExchangedModel):
    """What a cluster proves in one step of a rotation of its root."""

    step: RotationStep = Field(description="The step, as the IssuedCertificate names it.")
    since: Timestamp | None = Field(
        default=None,
        description="When each istiod served as the step asks, and each namespace had its roots; "
        "unset before that.",
    )
    total: Count = Field(
        default=0, description="Workloads with a pod whose leaf may be older than that."
    )
    first: Annotated[
        tuple[WorkloadText, ...],
        Field(max_length=STALE_WORKLOADS_MAX, json_schema_extra=distinct()),
    ] = Field(default=(), description="The first of them: NAMESPACE/KIND/NAME.")
    ends_at: Timestamp | None = Field(
        default=None,
        description="When the last of these leaves will have ended by itself; unset if there are "
        "none, or if nobody can tell.",
    )
    node_proxies: Count = Field(
        default=0,
        description="Pods of ztunnel that are older than that: nobody sees which roots they know, "
        "so that a person is asked before the previous root is dropped.",
    )
    restarts_requested: Annotated[
        tuple[RestartScope, ...], Field(max_length=2, json_schema_extra=distinct())
    ] = Field(
        default=(), description="What PodBounceDirectives were written for in this step, once each."
    )


class MeshStatus(ExchangedModel):
    """What the mesh trusts now."""

    observed_generation: ObservedGeneration | None = Field(
        default=None, description="The `metadata.generation` that this reports on."
    )
    root_fingerprints: Annotated[
        tuple[Fingerprint, ...], Field(max_length=ROOTS_MAX, json_schema_extra=ordered())
    ] = Field(default=(), description="SHA-256 of the roots that istiod publishes, in their order.")
    namespaces: NamespaceSync | None = Field(
        default=None, description="How far istiod's roots have come."
    )
    istiod: IstiodReplicas | None = Field(default=None, description="istiod's replicas.")
    self_signed: bool | None = Field(
        default=None,
        description="istiod made a root of its own: it started without its CA files.",
    )
    restarted_for: Annotated[
        tuple[Fingerprint, ...], Field(max_length=ROOTS_MAX, json_schema_extra=ordered())
    ] = Field(
        default=(),
        description="SHA-256 of the roots that workloads were last restarted for; at first sight, "
        "of those that istiod publishes.",
    )
    restarted_for_generation: Count | None = Field(
        default=None,
        description="The intermediateGeneration that workloads were last restarted for, or need no "
        "restart for.",
    )
    restart_request: RestartRequest | None = Field(
        default=None,
        description="The PodBounceDirective that the hub is asked to write; unset once it is "
        "there, and if none is due.",
    )
    stale_workloads: StaleWorkloads | None = Field(
        default=None,
        description="Workloads that may still trust only the roots before; unset if none is known.",
    )
    multi_root: bool | None = Field(
        default=None,
        description="istiod takes further roots while it runs (ISTIO_MULTIROOT_MESH); unset if "
        "that is not known.",
    )
    rotation: RotationEvidence | None = Field(
        default=None, description="Evidence for the rotation of the root under way."
    )
    issuance: MirroredIssuance | None = Field(
        default=None,
        description="Of a mirror in the management cluster: the intermediates of istiod's "
        "replicas, as the hub judges them. A cluster's own Mesh has none.",
    )
    message: StatusText | None = Field(default=None, description="What is to be done, if anything.")
    conditions: Conditions = Field(default=(), description="Aspects of the mesh's state.")

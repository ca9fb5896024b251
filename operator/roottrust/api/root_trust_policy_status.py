"""What is reported on a RootTrustPolicy; nothing secret is ever in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import ObjectOrigin, PolicyState, TrustReason
from roottrust.api.compromised_intermediates import COMPROMISED_MAX, CompromisedIntermediates
from roottrust.api.condition import Conditions
from roottrust.api.listing import keyed_by, ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.rotation_status import RotationStatus
from roottrust.api.stale_workloads import ToldStaleWorkloads
from roottrust.api.text import (
    Count,
    Fingerprint,
    ObservedGeneration,
    StatusName,
    StatusPath,
    StatusText,
    Timestamp,
)

MESHES_MAX = 100
MANAGED_OBJECTS_MAX = 1000
REVIEWER_TOKENS_MAX = 1000
DRIFT_MAX = 100
WARNINGS_MAX = 32
TRUST_BUNDLE_MAX = 32


class VaultPlace(ExchangedModel):
    """A namespace of a Vault server."""

    server: StatusPath = Field(description="Its address.")
    namespace: StatusPath | None = Field(
        default=None, description="Full path of the namespace; unset for the topmost one."
    )


class RootStatus(ExchangedModel):
    """The root CA as it was found in Vault."""

    subject: StatusText = Field(description="Its subject.")
    fingerprint: Fingerprint = Field(description="SHA-256 of its certificate.")
    not_after: Timestamp = Field(description="When it ends.")
    issuer: StatusName | None = Field(
        default=None, description="Vault's id of the issuer that signs with it."
    )
    mount: StatusPath | None = Field(default=None, description="Mount that it is in.")


class TrustedRoot(ExchangedModel):
    """One root of the trust bundle, and why it is there."""

    fingerprint: Fingerprint = Field(description="SHA-256 of its certificate.")
    reason: TrustReason = Field(description="Why it is trusted.")
    subject: StatusText | None = Field(default=None, description="Its subject.")
    not_after: Timestamp | None = Field(default=None, description="When it ends.")
    source: StatusPath | None = Field(
        default=None, description="Where it comes from: an issuer in Vault, a Secret, or this spec."
    )


class MeshStatus(ExchangedModel):
    """How far one mesh has come."""

    cluster: StatusName = Field(description="Cluster that the mesh is in.")
    mesh: StatusName = Field(description="Name of the Mesh object.")
    auth_path: StatusPath | None = Field(
        default=None, description="Auth mount in Vault that its agents log in at."
    )
    role: StatusName | None = Field(default=None, description="Role and policy of its agents.")
    intermediate_mount: StatusPath | None = Field(
        default=None, description="Mount that makes its keys, where csrPath is used."
    )
    instances_ready: Count = Field(
        default=0, description="Replicas of istiod that serve the current chain."
    )
    instances_total: Count = Field(default=0, description="Replicas of istiod.")
    earliest_not_after: Timestamp | None = Field(
        default=None, description="When the first of its intermediates ends."
    )
    namespaces_in_sync: Count = Field(
        default=0, description="Namespaces that have the current trust bundle."
    )
    namespaces_total: Count = Field(default=0, description="Namespaces that should have it.")
    stale_workloads: ToldStaleWorkloads | None = Field(
        default=None,
        description="Workloads that may still trust only the roots before, as its cluster reports "
        "them; unset if it reports none.",
    )
    message: StatusText | None = Field(default=None, description="What it lacks, if anything.")


class MeshTotals(ExchangedModel):
    """Counts over all meshes, also those that `meshes` has no room for."""

    total: Count = Field(default=0, description="Selected meshes.")
    ready: Count = Field(default=0, description="Those that are ready.")
    summary: Annotated[str, Field(max_length=32)] = Field(
        default="0/0", description="Ready and total, for `kubectl get`."
    )


class ManagedObject(ExchangedModel):
    """One object in Vault that is kept up for this policy."""

    path: StatusPath = Field(description="Its path in Vault.")
    kind: Annotated[str, Field(max_length=63)] = Field(
        description="What it is, such as AuthMount, Role, Policy."
    )
    origin: ObjectOrigin = Field(
        description="Created by us, or Adopted: adopted objects are never deleted."
    )
    cluster: StatusName | None = Field(
        default=None, description="Cluster that it is for; unset if for all."
    )


class ReviewerTokenStatus(ExchangedModel):
    """What is known of one token that Vault asks for reviews with; the token itself never is."""

    path: StatusPath = Field(description="Auth config in Vault that has it.")
    cluster: StatusName = Field(description="Cluster that it is for.")
    issued_at: Timestamp = Field(description="When it was made.")
    expires_at: Timestamp = Field(description="When it ends; it is renewed at two thirds.")
    account_uid: StatusName = Field(description="UID of its ServiceAccount.")
    key_id: StatusName = Field(description="Key that signed it.")


class Drift(ExchangedModel):
    """One difference between Vault and this policy."""

    path: StatusPath = Field(description="Path in Vault.")
    field: StatusName | None = Field(default=None, description="Which of its fields.")
    expected: StatusText | None = Field(default=None, description="What it should be.")
    actual: StatusText | None = Field(default=None, description="What it is.")
    message: StatusText | None = Field(
        default=None, description="The difference in a sentence, where values would not tell it."
    )


class RootTrustPolicyStatus(ExchangedModel):
    """What was found and done, with the conditions that say what to do next."""

    observed_generation: ObservedGeneration | None = Field(
        default=None, description="The `metadata.generation` that this reports on."
    )
    state: PolicyState | None = Field(default=None, description="All in one word.")
    message: StatusText | None = Field(
        default=None, description="The most important sentence, for `kubectl get`."
    )
    conditions: Conditions = Field(
        default=(),
        description="Accepted, VaultReachable, VaultConfigured, CertificatesIssued, "
        "TrustPropagated, Ready; Reconciling and Stalled while they hold.",
    )
    vault: VaultPlace | None = Field(
        default=None, description="Where the root, and all that is told of Vault, was found."
    )
    root: RootStatus | None = Field(default=None, description="The root CA.")
    trust_bundle: Annotated[
        tuple[TrustedRoot, ...],
        Field(max_length=TRUST_BUNDLE_MAX, json_schema_extra=ordered()),
    ] = Field(default=(), description="Roots that every mesh trusts, in the order of the bundle.")
    meshes: Annotated[
        tuple[MeshStatus, ...],
        Field(max_length=MESHES_MAX, json_schema_extra=keyed_by("cluster", "mesh")),
    ] = Field(default=(), description="The selected meshes, those that lack something first.")
    mesh_totals: MeshTotals | None = Field(default=None, description="Counts over all meshes.")
    managed_objects: Annotated[
        tuple[ManagedObject, ...],
        Field(max_length=MANAGED_OBJECTS_MAX, json_schema_extra=keyed_by("path")),
    ] = Field(default=(), description="Objects in Vault that are kept up for this policy.")
    reviewer_tokens: Annotated[
        tuple[ReviewerTokenStatus, ...],
        Field(max_length=REVIEWER_TOKENS_MAX, json_schema_extra=keyed_by("path")),
    ] = Field(
        default=(),
        description="Tokens of roottrust-reviewer in Vault (reviewer: ServiceAccountToken).",
    )
    drift: Annotated[
        tuple[Drift, ...], Field(max_length=DRIFT_MAX, json_schema_extra=ordered())
    ] = Field(
        default=(), description="What differs in Vault: to be repaired, or only told (Observe)."
    )
    warnings: Annotated[
        tuple[StatusText, ...], Field(max_length=WARNINGS_MAX, json_schema_extra=ordered())
    ] = Field(default=(), description="What works, but should not stay as it is.")
    rotation: RotationStatus | None = Field(
        default=None, description="Current generations, and the rotation under way."
    )
    compromised_intermediates: Annotated[
        tuple[CompromisedIntermediates, ...],
        Field(max_length=COMPROMISED_MAX, json_schema_extra=keyed_by("cluster")),
    ] = Field(
        default=(),
        description="What the annotation admin.gloo.solo.io/intermediate-compromised asks for, and "
        "how far that is.",
    )

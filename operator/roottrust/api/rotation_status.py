"""What a RootTrustPolicy reports of the rotation of its root: stage, evidence, history."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import RotationEnd, RotationStage, RotationStrategy
from roottrust.api.listing import distinct, keyed_by, ordered
from roottrust.api.model import ExchangedModel
from roottrust.api.pem import OneCertificate
from roottrust.api.text import Count, Fingerprint, StatusName, StatusText, Timestamp

ROTATION_CLUSTERS_MAX = 100
ROTATION_MEMBERS_MAX = 4000
HISTORY_MAX = 20
UNSEEN_MAX = 4


class RotationRoot(ExchangedModel):
    """One root of a rotation, and which issuer in Vault it is."""

    issuer: StatusName = Field(description="Vault's id of its issuer.")
    fingerprint: Fingerprint = Field(description="SHA-256 of its certificate.")


class RotationCluster(ExchangedModel):
    """How far one cluster is in the stage under way."""

    name: StatusName = Field(description="The cluster's name.")
    meshes_done: Count = Field(default=0, description="Meshes that have given their evidence.")
    meshes_total: Count = Field(default=0, description="Meshes that have to.")
    message: StatusText | None = Field(
        default=None, description="What is waited for; unset if nothing."
    )


class PastRotation(ExchangedModel):
    """A rotation that has ended."""

    generation: Count = Field(description="The rootGeneration that it was for.")
    end: RotationEnd = Field(description="How it ended.")
    strategy: RotationStrategy | None = Field(default=None, description="How it was made.")
    fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the root that was in use then."
    )
    started_at: Timestamp | None = Field(default=None, description="When it started.")
    ended_at: Timestamp = Field(description="When it ended.")
    excluded: Annotated[
        tuple[StatusName, ...],
        Field(max_length=ROTATION_CLUSTERS_MAX, json_schema_extra=distinct()),
    ] = Field(default=(), description="Clusters that a person took out of it.")
    distrusted_at: Timestamp | None = Field(
        default=None,
        description="Of a compromised root: when no mesh that was waited for trusted it any more.",
    )
    left_behind: Annotated[
        tuple[StatusName, ...],
        Field(max_length=ROTATION_CLUSTERS_MAX, json_schema_extra=distinct()),
    ] = Field(
        default=(),
        description="Of a compromised root: clusters that were not waited for, and may trust it.",
    )


class RotationStatus(ExchangedModel):
    """Which generations are current, and how far a rotation has come."""

    root_generation: Count | None = Field(
        default=None, description="Generation of the root in use."
    )
    intermediate_generation: Count | None = Field(
        default=None, description="Generation of the intermediates in use."
    )
    root: RotationRoot | None = Field(
        default=None, description="The root in use, once a rotation has changed it."
    )
    owner: StatusName | None = Field(
        default=None,
        description="NAMESPACE/NAME of the policy that owns the root: its rotation is shown.",
    )
    to_generation: Count | None = Field(
        default=None, description="Generation that is rotated to; unset if none is."
    )
    rejected_generation: Count | None = Field(
        default=None, description="Generation that was rolled back last: raise it to rotate again."
    )
    strategy: RotationStrategy | None = Field(
        default=None, description="How the rotation under way is made."
    )
    stage: RotationStage | None = Field(
        default=None, description="Stage of the rotation under way; unset if there is none."
    )
    wave: Count | None = Field(
        default=None, description="Wave that the stage has reached, counted from 0."
    )
    started_at: Timestamp | None = Field(default=None, description="When the rotation started.")
    stage_started_at: Timestamp | None = Field(default=None, description="When its stage started.")
    proven_at: Timestamp | None = Field(
        default=None, description="Since when the stage's evidence has been complete."
    )
    distrusted_at: Timestamp | None = Field(
        default=None,
        description="Of a compromised root: since when no mesh that is waited for trusts it.",
    )
    left_behind: Annotated[
        tuple[StatusName, ...],
        Field(max_length=ROTATION_CLUSTERS_MAX, json_schema_extra=distinct()),
    ] = Field(
        default=(),
        description="Of a compromised root: clusters that are not waited for, and may trust it.",
    )
    returned_from: RotationStage | None = Field(
        default=None, description="Stage that a roll-back began in; unset if there is none."
    )
    previous: RotationRoot | None = Field(default=None, description="The root to be replaced.")
    next: RotationRoot | None = Field(default=None, description="The root to replace it.")
    default_issuer: StatusName | None = Field(
        default=None, description="Default issuer of the root's mount when the rotation started."
    )
    cross_certificate: OneCertificate | None = Field(
        default=None, description="The next root, signed by the previous one."
    )
    members: Annotated[
        tuple[StatusName, ...],
        Field(max_length=ROTATION_MEMBERS_MAX, json_schema_extra=distinct()),
    ] = Field(default=(), description="Clusters that depend on the root: each has to be heard.")
    clusters: Annotated[
        tuple[RotationCluster, ...],
        Field(max_length=ROTATION_CLUSTERS_MAX, json_schema_extra=keyed_by("name")),
    ] = Field(default=(), description="Clusters in the stage, those that are waited for first.")
    unseen: Annotated[
        tuple[StatusText, ...], Field(max_length=UNSEEN_MAX, json_schema_extra=ordered())
    ] = Field(
        default=(),
        description="In Prove: what speaks for dependants of the previous root that belong to no "
        "policy. Then Drop waits for a person.",
    )
    message: StatusText | None = Field(default=None, description="What it waits for.")
    history: Annotated[
        tuple[PastRotation, ...], Field(max_length=HISTORY_MAX, json_schema_extra=ordered())
    ] = Field(default=(), description="Rotations that have ended, the last one first.")

"""The result of `roottrust status -o json`: these models are its schema, docs/status.md tells it.

`formatVersion` counts up in its second number for what is added, in its first for what breaks
readers.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from roottrust.api.choices import ConditionStatus
from roottrust.cli.report_model import ReportModel
from roottrust.cli.status.rotation_report import RotationReport, TrustedRootReport
from roottrust.domain.health import Health

FORMAT_VERSION = "1.1"


class Result(StrEnum):
    """What all policies come to, as the exit code tells it."""

    WELL = "Well"
    UNFINISHED = "Unfinished"
    FAULTY = "Faulty"


class OperatorReport(ReportModel):
    """Whether a hub works: it renews a Lease while it does."""

    health: Health = Field(description="Good while one leads, else Unknown.")
    namespace: str = Field(description="Its namespace.")
    leader: str | None = Field(default=None, description="Which one leads; null if none does.")
    renewed_at: datetime = Field(description="When one told last that it leads.")


class RootReport(ReportModel):
    """The root CA that the intermediates of a policy are under."""

    health: Health = Field(description="Bad after its end, Warning in the months before.")
    subject: str = Field(description="Its subject (RFC 4514).")
    fingerprint: str = Field(description="SHA-256 of its DER.")
    not_after: datetime = Field(description="When it ends.")
    mount: str | None = Field(default=None, description="Mount in Vault that it is in.")


class ConditionReport(ReportModel):
    """A condition that does not hold."""

    type: str = Field(description="Which one, such as VaultReachable.")
    health: Health = Field(description="Bad if it is False, Unknown if it is Unknown.")
    status: ConditionStatus = Field(description="False or Unknown.")
    reason: str = Field(description="Why, as one word.")
    message: str = Field(description="Why, and what to do next.")
    since: datetime = Field(description="Since when.")


class InstanceReport(ReportModel):
    """One replica of istiod: what its agent reports, as far as its certificate proves it."""

    pod: str = Field(description="Its pod.")
    health: Health = Field(description="How well it is.")
    state: str = Field(
        description="NotBelieved, Expired, Failed, Waiting, Outdated, NotLoaded, Overdue, Failing "
        "or Serving."
    )
    message: str | None = Field(default=None, description="What it lacks, in a clause.")
    serial: str | None = Field(default=None, description="Serial of its intermediate.")
    fingerprint: str | None = Field(default=None, description="SHA-256 of its intermediate.")
    generation: int | None = Field(
        default=None, description="Generation that its intermediate was issued for."
    )
    not_after: datetime | None = Field(default=None, description="When its intermediate ends.")
    next_renewal: datetime | None = Field(
        default=None, description="When its agent is going to renew it."
    )
    loaded_by_istiod: bool | None = Field(
        default=None, description="Whether istiod was seen to serve it."
    )


class NamespacesReport(ReportModel):
    """How many namespaces of a mesh have the current roots."""

    health: Health = Field(description="How well that is.")
    in_sync: int = Field(description="Those that have them.")
    total: int = Field(description="Those that should.")
    stale: tuple[str, ...] = Field(
        default=(), description="The first of those that do not; empty where they are not known."
    )


class MeshReport(ReportModel):
    """One mesh, which has one intermediate on each replica of its istiod."""

    cluster: str = Field(description="Its cluster.")
    mesh: str = Field(description="Name of its Mesh.")
    health: Health = Field(description="The worst of all that is told of it.")
    message: str | None = Field(default=None, description="What it lacks, and what to do next.")
    generation: int | None = Field(
        default=None,
        description="Generation of intermediates that is asked for; null where "
        "nobody tells, as of a mesh in another cluster without a mirror.",
    )
    instances_ready: int = Field(description="Replicas of istiod that serve what they should.")
    instances_total: int = Field(description="Replicas of istiod.")
    earliest_not_after: datetime | None = Field(
        default=None, description="When the first of its intermediates ends."
    )
    instances: tuple[InstanceReport, ...] | None = Field(
        default=None,
        description="The replicas; null where nobody tells, as of a mesh in another cluster "
        "without a mirror.",
    )
    namespaces: NamespacesReport | None = Field(
        default=None, description="Its namespaces; null where nothing is reported of them."
    )
    stale_workloads: tuple[str, ...] | None = Field(
        default=None,
        description="The first of the workloads that may still trust only the roots before "
        "(NAMESPACE/KIND/NAME); null where nothing is reported of them.",
    )
    stale_workloads_total: int | None = Field(
        default=None, description="How many there are; null where nothing is reported of them."
    )


class CompromisedReport(ReportModel):
    """The intermediates of one cluster that somebody calls compromised, and their revocation."""

    cluster: str = Field(description="The cluster.")
    health: Health = Field(
        description="Unknown until all of them are revoked, Warning while peers trust them."
    )
    generation: int = Field(description="Those of a lower generation are compromised.")
    revoked: int = Field(description="How many of them are revoked in Vault.")
    left: int = Field(description="How many are not, as far as is known.")
    trusted_until: datetime | None = Field(
        default=None,
        description="Until when peers trust what they sign unless the root is replaced; null where "
        "that is not known, or nobody trusts them.",
    )
    revoked_at: datetime | None = Field(
        default=None, description="When the last of them was found revoked; null before."
    )
    needs_person: bool = Field(default=False, description="A person has to act: see message.")
    message: str = Field(description="How far it is, and until when they are trusted.")


class PolicyReport(ReportModel):
    """One RootTrustPolicy, and everything under its root."""

    namespace: str = Field(description="Its namespace.")
    name: str = Field(description="Its name.")
    health: Health = Field(description="The worst of all that is told of it.")
    ready: ConditionStatus = Field(description="Status of its condition Ready.")
    deleting: bool = Field(default=False, description="Somebody has deleted it.")
    outdated: bool = Field(
        default=False,
        description="What is told is not of its last edit, since the operator has not seen that.",
    )
    generation: int = Field(description="spec.rotation.intermediateGeneration.")
    cluster_generations: dict[str, int] = Field(
        default_factory=dict, description="Of clusters that were rotated alone, theirs."
    )
    root: RootReport | None = Field(default=None, description="Its root; null before it is known.")
    trust_bundle: tuple[TrustedRootReport, ...] = Field(
        default=(), description="Roots that its meshes trust, or are to, in their order."
    )
    rotation: RotationReport | None = Field(
        default=None, description="The rotation of its root; null where there never was one."
    )
    compromised: tuple[CompromisedReport, ...] = Field(
        default=(), description="Clusters whose intermediates somebody calls compromised."
    )
    meshes_ready: int = Field(description="Meshes that are ready, as the operator counts them.")
    meshes_total: int = Field(description="Meshes that it selects, also those not listed.")
    meshes: tuple[MeshReport, ...] = Field(
        default=(), description="By cluster and name, as far as its status has room for them."
    )
    conditions: tuple[ConditionReport, ...] = Field(
        default=(), description="Those that do not hold, in the order in which they become true."
    )
    warnings: tuple[str, ...] = Field(default=(), description="What should not stay as it is.")

    @property
    def full_name(self) -> str:
        """Its namespace and name, as people write them."""
        return f"{self.namespace}/{self.name}"


class Summary(ReportModel):
    """Counts over all policies."""

    policies: int = Field(description="Policies that were looked at.")
    well: int = Field(description="Those whose health is Good or Warning.")
    meshes: int = Field(description="Meshes that they select.")
    meshes_ready: int = Field(description="Those that are ready.")
    warnings: int = Field(description="Warnings of all policies.")


class StatusReport(ReportModel):
    """The whole result."""

    format_version: str = Field(default=FORMAT_VERSION, description="Version of this form.")
    read_at: datetime = Field(description="When the objects were read.")
    result: Result = Field(description="Well is exit code 0, Unfinished 1, Faulty 2.")
    summary: Summary = Field(description="Counts.")
    operator: OperatorReport | None = Field(
        default=None,
        description="Whether a hub works; null where there is no Lease (without leader election), "
        "or none may be read.",
    )
    policies: tuple[PolicyReport, ...] = Field(description="By namespace and name.")

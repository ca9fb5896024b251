"""The result of `roottrust plan -o json`: these models are its schema, docs/plan.md explains it.

`formatVersion` counts up in its second number for what is added, in its first for what breaks
readers.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from roottrust.cli.report_model import ReportModel

FORMAT_VERSION = "1.2"


class Result(StrEnum):
    """What came out, as the exit code tells it."""

    NO_CHANGES = "NoChanges"
    CHANGES = "Changes"
    FAILED = "Failed"


class FieldReport(ReportModel):
    """One field of an object."""

    name: str = Field(description="Its name; of a RootTrustPolicy its path.")
    before: Any = Field(default=None, description="What it is; null if it is not there.")
    after: Any = Field(default=None, description="What it will be; null if it will not be there.")
    sensitive: bool = Field(default=False, description="Its value is left out.")
    known_after_apply: bool = Field(
        default=False,
        description="A part of `after` is chosen by Vault and reads `(known after apply)`.",
    )


class ObjectReport(ReportModel):
    """One write."""

    action: str = Field(description="create, update or delete.")
    kind: str = Field(description="What it is, such as AuthMount, Policy, RootTrustPolicy.")
    path: str = Field(description="Its path in Vault; in Kubernetes NAMESPACE/NAME.")
    cluster: str | None = Field(
        default=None, description="Cluster that it is for; null if it is for all."
    )
    fields: tuple[FieldReport, ...] = Field(
        default=(), description="All of a new object, those that differ of a known one."
    )


class ConflictReport(ReportModel):
    """An object of somebody else's that is in the way."""

    path: str = Field(description="Its path in Vault.")
    kind: str | None = Field(default=None, description="What it is, if that is known.")
    cluster: str | None = Field(default=None, description="Cluster that it is for.")
    owner: str | None = Field(default=None, description="Whose mark it has; null if none.")
    note: str | None = Field(default=None, description="Why it is in the way beside its fields.")
    fields: tuple[FieldReport, ...] = Field(
        default=(), description="How it differs: `before` is what it is, `after` what is wanted."
    )
    next_step: str = Field(description="What to do.")


class ProblemReport(ReportModel):
    """Something else that stands in the way."""

    reason: str = Field(description="The reason that a condition of the policy has for it.")
    message: str = Field(description="One sentence that says what to do next.")
    cluster: str | None = Field(default=None, description="Cluster that it concerns alone.")


class ConditionReport(ReportModel):
    """A condition of the policy's status that will be another."""

    type: str = Field(description="Which one.")
    before: str | None = Field(default=None, description="Status (reason) now; null if unset.")
    after: str | None = Field(default=None, description="Status (reason) then; null if unset.")


class ClusterReport(ReportModel):
    """A cluster that the policy serves."""

    name: str = Field(description="Its name.")
    meshes: tuple[str, ...] = Field(default=(), description="Its meshes that were found.")


class PolicyReport(ReportModel):
    """Everything of one RootTrustPolicy."""

    namespace: str = Field(description="Its namespace.")
    name: str = Field(description="Its name.")
    server: str | None = Field(default=None, description="Its Vault; null if it is not accepted.")
    vault_namespace: str | None = Field(default=None, description="Namespace in that Vault.")
    given: bool = Field(
        default=False, description="It comes from a file; false for one that the cluster has."
    )
    mode: str = Field(description="Manage, or Observe: then the operator writes none of this.")
    clusters: tuple[ClusterReport, ...] = Field(default=(), description="What it serves.")
    kubernetes: tuple[ObjectReport, ...] = Field(
        default=(),
        description="What applying the files changes in Kubernetes, and the IssuedCertificates "
        "that the operator then writes.",
    )
    vault: tuple[ObjectReport, ...] = Field(
        default=(), description="What is written to Vault, in order."
    )
    rotation: str | None = Field(
        default=None, description="What a raised rootGeneration starts; null if nothing begins."
    )
    conflicts: tuple[ConflictReport, ...] = Field(default=(), description="What is in the way.")
    withheld: tuple[ObjectReport, ...] = Field(
        default=(), description="What waits in Vault until the conflicts are over."
    )
    problems: tuple[ProblemReport, ...] = Field(
        default=(), description="What else keeps the policy from being done."
    )
    warnings: tuple[str, ...] = Field(default=(), description="What should not stay as it is.")
    conditions: tuple[ConditionReport, ...] = Field(
        default=(), description="How status will change; it does not count for the exit code."
    )

    @property
    def has_changes(self) -> bool:
        """Whether anything would be written, status aside."""
        return bool(self.vault or self.kubernetes or self.rotation)

    @property
    def is_hindered(self) -> bool:
        """Whether not all of it can be done."""
        return bool(self.conflicts or self.problems)


class Summary(ReportModel):
    """Counts over all policies."""

    policies: int = Field(description="Policies that were planned.")
    create: int = Field(description="Objects that are made in Vault.")
    update: int = Field(description="Objects that are changed in Vault.")
    delete: int = Field(description="Objects that are deleted in Vault.")
    kubernetes: int = Field(description="Objects that are made or changed in Kubernetes.")
    conflicts: int = Field(description="Objects of others that are in the way.")
    hindered_policies: int = Field(description="Policies with conflicts or problems.")


class PlanReport(ReportModel):
    """The whole result."""

    format_version: str = Field(default=FORMAT_VERSION, description="Version of this form.")
    planned_at: datetime = Field(description="When Vault was read.")
    result: Result = Field(description="Changes is exit code 2, Failed 1, NoChanges 0.")
    summary: Summary = Field(description="Counts.")
    policies: tuple[PolicyReport, ...] = Field(
        default=(), description="By namespace and name; also those without changes."
    )

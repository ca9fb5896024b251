"""The result of `roottrust verify -o json`: these models are its schema, docs/verify.md tells it.

`formatVersion` counts up in its second number for what is added, in its first for what breaks
readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from roottrust.cli.report_model import ReportModel
from roottrust.domain.certificate import Certificate
from roottrust.domain.verification import Check, Finding, Outcome, Result, judge_all

FORMAT_VERSION = "1.0"

_ORDER = {check: place for place, check in enumerate(Check)}


class RootReport(ReportModel):
    """A pinned root."""

    subject: str = Field(description="Its subject (RFC 4514).")
    fingerprint: str = Field(description="SHA-256 of its DER.")
    not_after: datetime = Field(description="When it ends.")


class CheckReport(ReportModel):
    """What was looked at, and what came of it."""

    check: Check = Field(description="Which check.")
    subject: str = Field(description="What was looked at: a pod, a ConfigMap, a place in Vault.")
    outcome: Outcome = Field(description="OK, Different, Unknown (not possible) or Skipped.")
    told: str = Field(description="What it is like, in a few words.")
    message: str | None = Field(default=None, description="What is wrong, or why it is not known.")
    next_step: str | None = Field(default=None, description="What to do then.")
    names: tuple[str, ...] = Field(default=(), description="All namespaces that are concerned.")
    facts: Mapping[str, str | int | None] = Field(
        default_factory=dict, description="More of what was seen, by names that the page lists."
    )
    warnings: tuple[str, ...] = Field(default=(), description="What should not stay as it is.")


class MeshReport(ReportModel):
    """Everything of one mesh."""

    cluster: str = Field(description="Its cluster, as the hub calls it.")
    mesh: str = Field(description="Its Mesh, and its IssuedCertificate in istiod's namespace.")
    namespace: str = Field(description="istiod's namespace.")
    deployment: str = Field(description="istiod's Deployment.")
    roots: tuple[RootReport, ...] = Field(default=(), description="The pinned roots.")
    checks: tuple[CheckReport, ...] = Field(description="All checks, also those without fault.")


class Summary(ReportModel):
    """Counts over all meshes."""

    meshes: int = Field(description="Meshes that were verified.")
    ok: int = Field(description="Checks without fault.")
    different: int = Field(description="Checks that found something wrong.")
    unknown: int = Field(description="Checks that could not be made.")
    skipped: int = Field(description="Checks that were left out by --skip.")
    warnings: int = Field(description="Warnings of all checks.")


class VerifyReport(ReportModel):
    """The whole result."""

    format_version: str = Field(default=FORMAT_VERSION, description="Version of this form.")
    verified_at: datetime = Field(description="When it was begun.")
    result: Result = Field(
        description="Verified is exit code 0, Incomplete 1, Differences 2 (it goes before 1)."
    )
    summary: Summary = Field(description="Counts.")
    meshes: tuple[MeshReport, ...] = Field(description="By cluster and name.")


def build_mesh_report(
    *,
    cluster: str,
    mesh: str,
    namespace: str,
    deployment: str,
    roots: tuple[Certificate, ...],
    findings: Iterable[Finding],
) -> MeshReport:
    """Return the part of one mesh, its checks in their order."""
    ordered = sorted(findings, key=lambda each: (_ORDER[each.check], each.subject))
    return MeshReport(
        cluster=cluster,
        mesh=mesh,
        namespace=namespace,
        deployment=deployment,
        roots=tuple(
            RootReport(subject=each.subject, fingerprint=each.fingerprint, not_after=each.not_after)
            for each in roots
        ),
        checks=tuple(map(_build_check, ordered)),
    )


def build_report(meshes: Iterable[MeshReport], *, verified_at: datetime) -> VerifyReport:
    """Return the whole, with what it comes to."""
    ordered = tuple(sorted(meshes, key=lambda each: (each.cluster, each.mesh)))
    checks = [check for mesh in ordered for check in mesh.checks]
    outcomes = [each.outcome for each in checks]
    return VerifyReport(
        verified_at=verified_at,
        result=judge_all(outcomes),
        summary=Summary(
            meshes=len(ordered),
            ok=outcomes.count(Outcome.OK),
            different=outcomes.count(Outcome.DIFFERENT),
            unknown=outcomes.count(Outcome.UNKNOWN),
            skipped=outcomes.count(Outcome.SKIPPED),
            warnings=sum(len(each.warnings) for each in checks),
        ),
        meshes=ordered,
    )


def _build_check(finding: Finding) -> CheckReport:
    return CheckReport(
        check=finding.check,
        subject=finding.subject,
        outcome=finding.outcome,
        told=finding.told,
        message=finding.message or None,
        next_step=finding.next_step or None,
        names=finding.names,
        facts=finding.facts,
        warnings=finding.warnings,
    )

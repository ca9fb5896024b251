"""The result of `roottrust doctor -o json`: these models are its schema, docs/doctor.md tells it.

`formatVersion` counts up in its second number for what is added, in its first for what breaks
readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from roottrust.cli.doctor.finding import Check, Finding
from roottrust.cli.report_model import ReportModel
from roottrust.domain.health import Health

FORMAT_VERSION = "1.0"


class Result(StrEnum):
    """What all findings come to, as the exit code tells it."""

    WELL = "Well"
    INCOMPLETE = "Incomplete"
    FAULTY = "Faulty"


class Summary(ReportModel):
    """Counts over all findings."""

    passed: int = Field(description="What is well.")
    warnings: int = Field(description="What works, and will not last.")
    failed: int = Field(description="What needs a person.")
    unknown: int = Field(description="What could not be looked at, or is not finished.")


class DoctorReport(ReportModel):
    """The whole result."""

    format_version: str = Field(default=FORMAT_VERSION, description="Version of this form.")
    read_at: datetime = Field(description="When the objects were read.")
    version: str = Field(description="Version of the command.")
    server: str = Field(description="The API server that was asked.")
    result: Result = Field(description="Well is exit code 0, Incomplete 1, Faulty 2.")
    summary: Summary = Field(description="Counts.")
    skipped: tuple[Check, ...] = Field(default=(), description="What --skip left out.")
    findings: tuple[Finding, ...] = Field(description="In the order of the checks.")


def find_result(findings: Iterable[Finding]) -> Result:
    """Return what the exit code says: what needs a person goes before what is not known."""
    healths = {each.health for each in findings}
    if Health.BAD in healths:
        return Result.FAULTY
    return Result.INCOMPLETE if Health.UNKNOWN in healths else Result.WELL


def count_findings(findings: Iterable[Finding]) -> Summary:
    """Return the counts."""
    healths = [each.health for each in findings]
    return Summary(
        passed=healths.count(Health.GOOD),
        warnings=healths.count(Health.WARNING),
        failed=healths.count(Health.BAD),
        unknown=healths.count(Health.UNKNOWN),
    )

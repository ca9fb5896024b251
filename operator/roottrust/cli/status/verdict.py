"""What a policy, and all of them together, come to, in a few words."""

from __future__ import annotations

from roottrust.api.choices import ConditionStatus
from roottrust.cli.status.report import PolicyReport, Result, StatusReport
from roottrust.domain.counted import count

_READY = {
    ConditionStatus.TRUE: "ready",
    ConditionStatus.FALSE: "not ready",
    ConditionStatus.UNKNOWN: "not ready yet",
}
_ENDS = {
    Result.WELL: "All is well",
    Result.UNFINISHED: "Not everything is finished or known",
    Result.FAULTY: "Something is wrong",
}


def describe_policy(policy: PolicyReport) -> str:
    """Return whether a policy is ready, and how many of its meshes."""
    words = "being deleted" if policy.deleting else _READY[policy.ready]
    return f"{words}, {policy.meshes_ready} of {count(policy.meshes_total, 'mesh')}"


def name_result(result: Result) -> str:
    """Return what all policies come to."""
    return _ENDS[result]


def describe_counts(report: StatusReport) -> str:
    """Return how much of the fleet is well."""
    counts = report.summary
    words = [
        f"{counts.well} of {count(counts.policies, 'policy')} well",
        f"{counts.meshes_ready} of {count(counts.meshes, 'mesh')} ready",
    ]
    if counts.warnings:
        words.append(count(counts.warnings, "warning"))
    return ", ".join(words)

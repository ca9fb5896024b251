"""Reports for tests of what is shown."""

from __future__ import annotations

from datetime import UTC, datetime

from roottrust.cli.verify.report import VerifyReport, build_mesh_report, build_report
from roottrust.domain.verification import Check, Finding, Place

POD = "istiod-7d4b9c6f5-x2x9z"
OK = Place(check=Check.AGENT, subject=POD).build_ok(
    "intermediate 12ab…", warnings=("Its renewal is overdue.",)
)
DIFFERENT = Place(check=Check.SERVED_CHAIN, subject=POD).build_different(
    "self-signed", "istiod made its root itself.", "Restart it."
)
UNKNOWN = Place(check=Check.VAULT_ROOT, subject="vault.example:8200").build_unknown(
    "Vault is away.", "Name another."
)
SKIPPED = Place(check=Check.WORKLOAD_CERTIFICATE, subject="istiod").build_skipped()


def build(*findings: Finding, deployment: str = "istiod") -> VerifyReport:
    mesh = build_mesh_report(
        cluster="cluster1",
        mesh="istiod-istio-system-cluster1",
        namespace="istio-system",
        deployment=deployment,
        roots=(),
        findings=findings,
    )
    return build_report([mesh], verified_at=datetime(2026, 1, 1, tzinfo=UTC))

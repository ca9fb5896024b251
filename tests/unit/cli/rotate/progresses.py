"""Fleets in the middle of a rotation to generation 2."""

from __future__ import annotations

from typing import Any

from roottrust.api.issued_certificate import Instance
from roottrust.cli.rotate.progress import RotationProgress, judge_rotation
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.report import StatusReport
from tests.unit.cli.status.objects import (
    build_certificate,
    build_conditions,
    build_mesh,
    build_policy,
    build_told,
    find,
)
from tests.unit.domain.agent_entries import LATER, build_instance

ASKED = {"rotation": {"intermediateGeneration": 2}}
RENEWED = build_instance(intermediate_generation=2)
OLD = build_instance(intermediate_generation=1)
UNLOADED = build_instance(intermediate_generation=2, loaded_by_istiod=False)


def judge(found: FoundObjects, *clusters: str) -> RotationProgress:
    return judge_report(build_report(found, read_at=LATER), *clusters)


def judge_report(report: StatusReport, *clusters: str) -> RotationProgress:
    (policy,) = report.policies
    return judge_rotation(policy, generation=2, clusters=clusters)


def build_asked(**changes: Any) -> dict[str, Any]:
    """Return a policy whose generation was raised, and whose status tells of that."""
    return build_policy(spec=ASKED, **changes)


def find_here(*instances: Instance, generation: int = 2, **status: Any) -> FoundObjects:
    """Return a fleet of the management cluster alone."""
    replicas = max(len(instances), 1)
    mesh = build_mesh(istiod={"ready": replicas, "total": replicas})
    certificate = build_certificate(*instances, generation=generation)
    return find(build_asked(**status), meshes=(mesh,), certificates=(certificate,))


def find_renewing(*instances: Instance, **changes: Any) -> FoundObjects:
    """Return one whose status says that it is under way."""
    conditions = build_conditions(
        CertificatesIssued="Unknown", CertificatesIssued_reason="Renewing"
    )
    return find_here(*instances, conditions=conditions, **changes)


def find_there(*, ready: int, total: int = 2, **changes: Any) -> FoundObjects:
    """Return a fleet of another cluster, of which the policy alone tells."""
    told = build_told("cluster2", instancesReady=ready, instancesTotal=total)
    return find(build_asked(meshes=[told], **changes))

"""Fleets as pages show them: small and large, well and not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from roottrust.cli.report_page.page import Origin
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.report import StatusReport
from tests.unit.cli.rotating import build_reporting, build_rotating, build_state, build_view
from tests.unit.cli.status.objects import (
    build_certificate,
    build_conditions,
    build_lease,
    build_mesh,
    build_mirror,
    build_mirrored,
    build_policy,
    build_told,
    find,
    find_well,
    show,
)
from tests.unit.domain.agent_entries import LATER, SECOND, build_instance

ORIGIN = Origin(scope="All policies", version="0.1.0")
HOSTILE = (
    "</title></style></code>'\"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u202e"
)
_ROOM = 100


def build(found: FoundObjects) -> StatusReport:
    return build_report(found, read_at=LATER)


def build_well() -> StatusReport:
    return build(find_well())


def build_rotating_fleet() -> StatusReport:
    """Return a fleet whose root is being replaced, so that two roots are trusted."""
    state = build_state()
    policy = build_rotating(state, build_view(state, late=2))
    next_root = {"fingerprint": SECOND.fingerprint, "reason": "NextRoot", "subject": "CN=Next"}
    policy["status"]["trustBundle"].append({**next_root, "notAfter": "2040-01-01T00:00:00Z"})
    return build(find(policy, meshes=(build_reporting(state, late=2),)))


def build_unwell() -> StatusReport:
    """Return a fleet that has something of each kind: wrong, unfinished, near its end, silent."""
    instances = (build_instance(), build_instance(SECOND, pod="istiod-b", loaded_by_istiod=False))
    conditions = build_conditions(
        CertificatesIssued="False", CertificatesIssued_reason="Expired", Ready="False"
    )
    told = [build_told(), build_told("cluster2", message="Its agent waits.", instancesReady=0)]
    fleet = build_policy(conditions=conditions, meshes=told, warnings=["Plain HTTP: use `https`."])
    new = build_policy("gloo-mesh/new", generation=2, root=None, meshes=[], trustBundle=[])
    stale = {"total": 2, "first": ["shop/Deployment/cart"], "since": "2030-01-01T00:00:00Z"}
    mesh = build_mesh(
        istiod={"ready": 2, "total": 3},
        namespaces={"inSync": 11, "total": 12, "stale": ["bookinfo"]},
        staleWorkloads=stale,
    )
    lease = build_lease("", "2029-12-01T00:00:00Z")
    certificates = (build_certificate(*instances),)
    return build(find(fleet, new, meshes=(mesh,), certificates=certificates, lease=lease))


def build_many_meshes(number: int) -> StatusReport:
    """Return one policy with so many meshes; its status has room for a hundred."""
    told = [build_told(_name(each), f"istiod-{_name(each)}") for each in range(min(number, _ROOM))]
    policy = build_policy(meshes=told, meshTotals={"total": number, "ready": number})
    return build(find(policy, meshes=tuple(map(_build_far, range(number)))))


def build_many_policies(number: int) -> StatusReport:
    """Return so many policies with a mesh each, under one root."""
    return build(find(*(build_policy(f"team-{each}/mine") for each in range(number))))


def build_many_roots(number: int) -> StatusReport:
    """Return so many policies, each with a root of its own."""
    root = {"subject": "CN=Root", "notAfter": "2032-01-01T00:00:00Z", "mount": "pki"}
    return build(
        find(
            *(
                build_policy(f"team-{each}/mine", root={**root, "fingerprint": f"{each:064x}"})
                for each in range(number)
            )
        )
    )


def poison(report: StatusReport, text: str) -> StatusReport:
    """Return a report in which all that clusters may have written is this text."""
    return StatusReport.model_validate(_poison(report.model_dump(), text))


def _poison(value: Any, text: str, *, key: str = "") -> Any:
    # A state is a word of ours, whatever a cluster says; so is an enumeration, which is a str, too.
    if type(value) is str and key != "state":
        return text
    if isinstance(value, dict):
        is_free = key == "cluster_generations"
        return {(text if is_free else k): _poison(v, text, key=k) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_poison(each, text) for each in value)
    return value


def _name(number: int) -> str:
    return f"cluster-{number:04}"


def _build_far(number: int) -> dict[str, Any]:
    name = _name(number)
    state = "Expired" if number % 97 == 5 else "Waiting" if number % 61 == 7 else "Serving"
    left = timedelta(days=-2) if state == "Expired" else timedelta(days=number * 7 % 400, hours=3)
    pods = (f"istiod-7c6d5f8b94-{number:05}", f"istiod-7c6d5f8b94-z{number:04}")
    instances = (build_mirrored(each, notAfter=show(LATER + left), state=state) for each in pods)
    late = number % 50 == 3
    namespaces = {"inSync": 10 - late, "total": 10, "stale": ["bookinfo"] if late else []}
    mesh = build_mirror(*instances, namespaces=namespaces, istiod={"ready": 2, "total": 2})
    mesh["metadata"]["name"] = f"istiod-{name}"
    mesh["spec"]["istio"]["installation"]["cluster"] = name
    return mesh

"""What is not well over all policies, the worst first, each with what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.cli.report_page.health_sign import WORST_FIRST
from roottrust.cli.status.render_mesh import describe_instance
from roottrust.cli.status.render_rotation import (
    describe_cluster,
    describe_rest,
    list_commands,
    name_rotation,
    show_stages,
)
from roottrust.cli.status.report import MeshReport, PolicyReport, RootReport, StatusReport
from roottrust.cli.status.rotation_report import RotationReport
from roottrust.cli.status.trouble import (
    Trouble,
    find_mesh_trouble,
    find_operator_trouble,
    list_policy_troubles,
    list_said,
)
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_end

_INSTANCES = 5


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing: of what, what it is, and the commands that let it go on."""

    health: Health
    subject: str
    message: str
    name: str | None = None
    since: datetime | None = None
    details: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def list_findings(report: StatusReport) -> tuple[Finding, ...]:
    """Return everything that a person should look at; what is equally bad stays in its order."""
    found = [*_list_all(report)]
    return tuple(sorted(found, key=lambda each: WORST_FIRST.index(each.health)))


def _list_all(report: StatusReport) -> Iterator[Finding]:
    """Return what concerns the most first: the operator, policies, single meshes."""
    now = report.read_at
    trouble = find_operator_trouble(report.operator, now=now)
    if trouble is not None:
        yield Finding(health=trouble.health, subject="Operator", message=trouble.message)
    for policy in report.policies:
        yield from _list_of_policy(policy, now=now)
    for policy in report.policies:
        yield from _list_of_meshes(policy, now=now)


def _list_of_policy(policy: PolicyReport, *, now: datetime) -> Iterator[Finding]:
    for trouble in list_policy_troubles(policy):
        yield _build(policy.full_name, trouble)
    if policy.root is not None and policy.root.health is not Health.GOOD:
        yield _build_of_root(policy.root, policy=policy.full_name, now=now)
    rotation = policy.rotation
    if rotation is not None and rotation.health is not Health.GOOD:
        yield _build_of_rotation(rotation, policy=policy.full_name, now=now)
    for each in policy.compromised:
        if each.health is not Health.GOOD and each.message not in policy.warnings:
            yield Finding(
                health=each.health,
                subject=policy.full_name,
                name=f"compromised intermediates of {each.cluster}",
                message=each.message,
            )


def _list_of_meshes(policy: PolicyReport, *, now: datetime) -> Iterator[Finding]:
    said = list_said(policy)
    for mesh in policy.meshes:
        if mesh.health is not Health.GOOD:
            yield from _list_of_mesh(mesh, said=said, now=now)


def _build(subject: str, trouble: Trouble) -> Finding:
    return Finding(
        health=trouble.health,
        subject=subject,
        name=trouble.name,
        message=trouble.message,
        since=trouble.since,
    )


def _build_of_root(root: RootReport, *, policy: str, now: datetime) -> Finding:
    words = f"The root {root.subject} {tell_end(root.not_after, now=now)}: replace it by another."
    return Finding(
        health=root.health,
        subject=policy,
        name="root",
        message=words,
        commands=(f"roottrust rotate root {policy}",),
    )


def _build_of_rotation(rotation: RotationReport, *, policy: str, now: datetime) -> Finding:
    """Return how far it is, what it waits for, and the clusters that need a person."""
    is_under_way = rotation.stage is not None
    rest = "" if is_under_way else describe_rest(rotation, policy=policy, now=now) or ""
    stuck = [each for each in rotation.clusters if each.health is Health.BAD]
    return Finding(
        health=rotation.health,
        subject=policy,
        name=f"{name_rotation(rotation)}: {show_stages(rotation)}" if is_under_way else "rotation",
        message=(rotation.message or "It goes on by itself.") if is_under_way else rest,
        since=rotation.stage_started_at if is_under_way else None,
        details=tuple(
            f"{each.name}: {describe_cluster(each, said=rotation.message)}" for each in stuck
        ),
        commands=tuple(list_commands(rotation, policy=policy)),
    )


def _list_of_mesh(mesh: MeshReport, *, said: tuple[str, ...], now: datetime) -> Iterator[Finding]:
    """Return what a mesh lacks, unless its policy has said it all."""
    trouble = find_mesh_trouble(mesh, said=said)
    message = trouble.message if trouble else ""
    details = tuple(_list_details(mesh, message=message, now=now))
    if message or details:
        total = count(mesh.instances_total, "istiod")
        lack = f"{mesh.instances_ready} of {total} serve what they should."
        yield Finding(
            health=mesh.health,
            subject=f"Mesh {mesh.cluster} {mesh.mesh}",
            message=message or lack,
            details=details,
        )


def _list_details(mesh: MeshReport, *, message: str, now: datetime) -> Iterator[str]:
    """Return its istiods that are not well, beside the one that the message is of."""
    unwell = [each for each in mesh.instances or () if each.health is not Health.GOOD]
    others = [each for each in unwell if each.pod not in message]
    for each in others[:_INSTANCES]:
        yield f"{each.pod}: {describe_instance(each, now=now)}"
    if len(others) > _INSTANCES:
        yield f"and {count(len(others) - _INSTANCES, 'istiod')} more"
    end = mesh.earliest_not_after
    if end is not None and end <= now and not unwell:
        yield f"its intermediate {tell_end(end, now=now)}"

"""The tree for people: a sign and a colour for how well each thing is, and ends in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from roottrust.api.choices import ConditionStatus, TrustReason
from roottrust.cli.status.render_mesh import build_mesh_node
from roottrust.cli.status.render_rotation import build_rotation_node
from roottrust.cli.status.report import (
    ConditionReport,
    OperatorReport,
    PolicyReport,
    Result,
    RootReport,
    StatusReport,
)
from roottrust.cli.status.rotation_report import TrustedRootReport
from roottrust.cli.status.sign import build_line, show_fingerprint
from roottrust.cli.text_tree import Node, draw_tree
from roottrust.domain.counted import count
from roottrust.domain.health import Health, judge_end
from roottrust.domain.moment import tell_distance, tell_end
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY

_END_COLOURS = {Result.WELL: "green", Result.UNFINISHED: "yellow", Result.FAULTY: "red"}
_ENDS = {
    Result.WELL: "All is well",
    Result.UNFINISHED: "Not everything is finished or known",
    Result.FAULTY: "Something is wrong",
}
_READY = {
    ConditionStatus.TRUE: "ready",
    ConditionStatus.FALSE: "not ready",
    ConditionStatus.UNKNOWN: "not ready yet",
}
_UNSEEN = (
    "it has not reported on the last edit: see whether it runs, and which one leads (`kubectl get "
    "lease -A`)."
)


def render_report(report: StatusReport) -> str:
    """Return the text, with colours: `click.unstyle` takes them out."""
    trees = [_build_policy(each, now=report.read_at) for each in report.policies]
    parts = ["\n".join(draw_tree(each)) for each in trees]
    if report.operator is not None and report.operator.health is not Health.GOOD:
        parts.insert(0, _render_operator(report.operator, now=report.read_at))
    return "\n\n".join([*parts, _render_end(report)]) + "\n"


def _render_operator(operator: OperatorReport, *, now: datetime) -> str:
    since = tell_distance(operator.renewed_at, now=now)
    see = f"see `kubectl get pods -n {operator.namespace}`"
    words = f"none works, the last one did {since}, and what follows is of then: {see}"
    return build_line(operator.health, "operator", words)


def _build_policy(policy: PolicyReport, *, now: datetime) -> Node:
    words = "being deleted" if policy.deleting else _READY[policy.ready]
    meshes = f"{policy.meshes_ready} of {count(policy.meshes_total, 'mesh')}"
    name = f"RootTrustPolicy {policy.full_name}"
    return Node(
        text=build_line(policy.health, name, f"{words}, {meshes}", is_title=True),
        children=(*_list_troubles(policy), *_build_tree(policy, now=now)),
    )


def _list_troubles(policy: PolicyReport) -> Iterator[Node]:
    """Return what does not hold, and what should not stay as it is."""
    if policy.outdated:
        yield Node(text=build_line(Health.UNKNOWN, "operator", _UNSEEN))
    for condition in _list_shown(policy.conditions):
        yield Node(text=_render_condition(condition))
    said = policy.rotation.message if policy.rotation else None
    for warning in policy.warnings:
        if said and warning in said:
            continue  # the rotation's line says it
        yield Node(text=build_line(Health.WARNING, "warning", warning))


def _list_shown(conditions: tuple[ConditionReport, ...]) -> tuple[ConditionReport, ...]:
    """Return the first of each reason: what follows from a condition has that one's."""
    firsts = {each.reason: each for each in reversed(conditions)}
    return tuple(each for each in conditions if firsts[each.reason] is each)


def _render_condition(condition: ConditionReport) -> str:
    name = f"{condition.type} is {condition.status} ({condition.reason})"
    return build_line(condition.health, name, condition.message)


def _build_tree(policy: PolicyReport, *, now: datetime) -> Iterator[Node]:
    shown = _list_shown(policy.conditions)
    said = (*(each.message for each in shown), *policy.warnings)
    nodes = [build_mesh_node(each, said=said, now=now) for each in policy.meshes]
    more = policy.meshes_total - len(policy.meshes)
    if more > 0:
        text = f"and {count(more, 'mesh')} more, which the policy's status has no room for"
        nodes.append(Node(text=click.style(text, dim=True)))
    above = tuple(_list_of_root(policy, now=now))
    if policy.root is None:
        yield from (*above, *nodes)
    else:
        yield Node(text=_render_root(policy.root, now=now), children=(*above, *nodes))


def _list_of_root(policy: PolicyReport, *, now: datetime) -> Iterator[Node]:
    """Return how far its rotation is, and the roots that are trusted beside it."""
    rotation = policy.rotation
    node = build_rotation_node(rotation, policy=policy.full_name, now=now) if rotation else None
    if node is not None:
        yield node
    for root in policy.trust_bundle:
        if root.reason != TrustReason.ROOT:
            yield Node(text=_render_trusted(root, now=now))


def _render_root(root: RootReport, *, now: datetime) -> str:
    words = f"{show_fingerprint(root.fingerprint)}, {tell_end(root.not_after, now=now)}"
    return build_line(root.health, f"root {root.subject}", words)


def _render_trusted(root: TrustedRootReport, *, now: datetime) -> str:
    words = [show_fingerprint(root.fingerprint)]
    health = Health.GOOD
    if root.not_after is not None:
        health = judge_end(root.not_after, now=now, warn_before=WARN_BEFORE_EXPIRY)
        words.append(tell_end(root.not_after, now=now))
    subject = f" {root.subject}" if root.subject else ""
    return build_line(health, f"trusted {root.reason}{subject}", ", ".join(words))


def _render_end(report: StatusReport) -> str:
    counts = report.summary
    words = [
        f"{counts.well} of {count(counts.policies, 'policy')} well",
        f"{counts.meshes_ready} of {count(counts.meshes, 'mesh')} ready",
    ]
    if counts.warnings:
        words.append(count(counts.warnings, "warning"))
    text = f"{_ENDS[report.result]}: {', '.join(words)}."
    return click.style(text, fg=_END_COLOURS[report.result], bold=True)

"""The tree for people: a sign and a colour for how well each thing is, and ends in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from roottrust.api.choices import TrustReason
from roottrust.cli.status.render_mesh import build_mesh_node
from roottrust.cli.status.render_rotation import build_rotation_node
from roottrust.cli.status.report import (
    PolicyReport,
    Result,
    RootReport,
    StatusReport,
)
from roottrust.cli.status.rotation_report import TrustedRootReport
from roottrust.cli.status.sign import build_line, show_fingerprint
from roottrust.cli.status.trouble import (
    Trouble,
    find_operator_trouble,
    list_policy_troubles,
    list_said,
)
from roottrust.cli.status.verdict import describe_counts, describe_policy, name_result
from roottrust.cli.text_tree import Node, draw_tree
from roottrust.domain.counted import count
from roottrust.domain.health import Health, judge_end
from roottrust.domain.moment import tell_end
from roottrust.domain.root_check import WARN_BEFORE_EXPIRY

_END_COLOURS = {Result.WELL: "green", Result.UNFINISHED: "yellow", Result.FAULTY: "red"}


def render_report(report: StatusReport) -> str:
    """Return the text, with colours: `click.unstyle` takes them out."""
    trees = [_build_policy(each, now=report.read_at) for each in report.policies]
    parts = ["\n".join(draw_tree(each)) for each in trees]
    trouble = find_operator_trouble(report.operator, now=report.read_at)
    if trouble is not None:
        parts.insert(0, _render_trouble(trouble))
    return "\n\n".join([*parts, _render_end(report)]) + "\n"


def _build_policy(policy: PolicyReport, *, now: datetime) -> Node:
    name = f"RootTrustPolicy {policy.full_name}"
    troubles = [Node(text=_render_trouble(each)) for each in list_policy_troubles(policy)]
    return Node(
        text=build_line(policy.health, name, describe_policy(policy), is_title=True),
        children=(*troubles, *_build_tree(policy, now=now)),
    )


def _render_trouble(trouble: Trouble) -> str:
    return build_line(trouble.health, trouble.name, trouble.message)


def _build_tree(policy: PolicyReport, *, now: datetime) -> Iterator[Node]:
    said = list_said(policy)
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
    text = f"{name_result(report.result)}: {describe_counts(report)}."
    return click.style(text, fg=_END_COLOURS[report.result], bold=True)

"""The result for people: grouped by policy, with the signs and colours of the known tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from roottrust.cli.plan.report import (
    ConflictReport,
    FieldReport,
    ObjectReport,
    PlanReport,
    PolicyReport,
    Result,
)
from roottrust.cli.plan.value_text import diff_lines, is_document, render_value
from roottrust.domain.counted import count
from roottrust.domain.printable import make_printable

_SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
_LINE_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def render_report(report: PlanReport) -> str:
    """Return the text, with colours: `click.unstyle` takes them out."""
    shown = [each for each in report.policies if _is_worth_showing(each)]
    parts = ["\n".join(_render_policy(each)) for each in shown]
    return "\n\n".join([*parts, "\n".join(_render_end(report))]) + "\n"


def _is_worth_showing(policy: PolicyReport) -> bool:
    return policy.has_changes or policy.is_hindered


def _render_policy(policy: PolicyReport) -> Iterator[str]:
    yield click.style(f"RootTrustPolicy {policy.namespace}/{policy.name}", bold=True)
    yield from _render_place(policy)
    if policy.kubernetes:
        yield "\n  In Kubernetes:"
        yield from _render_objects(policy.kubernetes)
    if policy.vault:
        yield "\n  In Vault:"
        yield from _render_objects(policy.vault)
    if policy.rotation:
        yield "\n  Rotation of the root:"
        sign = click.style("!", fg="yellow", bold=True)
        yield f"  {sign} {make_printable(policy.rotation)}"
    if policy.conflicts:
        yield "\n  In the way:"
        for conflict in policy.conflicts:
            yield from _render_conflict(conflict)
    if policy.withheld:
        yield "\n  In Vault, once that is settled:"
        yield from _render_objects(policy.withheld)
    yield from _render_remarks(policy)


def _render_place(policy: PolicyReport) -> Iterator[str]:
    if policy.server is not None:
        namespace = f", namespace {policy.vault_namespace}" if policy.vault_namespace else ""
        yield f"  Vault: {policy.server}{namespace}"
    for cluster in policy.clusters:
        meshes = make_printable(", ".join(cluster.meshes)) or "no mesh found yet"
        yield f"  Cluster: {cluster.name} ({meshes})"
    if policy.mode == "Observe":
        yield "  Mode: Observe, so the operator only tells of this and writes nothing in Vault."


def _render_remarks(policy: PolicyReport) -> Iterator[str]:
    if policy.problems or policy.warnings or policy.conditions:
        yield ""
    for problem in policy.problems:
        where = f" of {problem.cluster}" if problem.cluster else ""
        text = f"Problem{where} ({problem.reason}): {make_printable(problem.message)}"
        yield f"  {click.style(text, fg='red')}"
    for warning in policy.warnings:
        yield f"  {click.style(f'Warning: {make_printable(warning)}', fg='yellow')}"
    for each in policy.conditions:
        change = f"{each.before or 'unset'} → {each.after or 'unset'}"
        yield click.style(f"  Status: {each.type} {change}", dim=True)


def _render_objects(objects: Iterable[ObjectReport]) -> Iterator[str]:
    for each in objects:
        sign, colour = _SIGNS.get(each.action, ("*", "yellow"))
        yield f"  {click.style(f'{sign} {each.action}', fg=colour)} {each.path} ({each.kind})"
        for field in each.fields:
            yield from _render_field(field, is_new=each.action == "create")


def _render_conflict(conflict: ConflictReport) -> Iterator[str]:
    kind = f" ({conflict.kind})" if conflict.kind else ""
    yield f"  {click.style('! conflict', fg='red', bold=True)} {conflict.path}{kind}"
    if conflict.owner:
        yield f"      It belongs to {make_printable(conflict.owner)}."
    if conflict.note:
        yield f"      Not roottrust's: {make_printable(conflict.note)}."
    for field in conflict.fields:
        yield from _render_field(field, is_new=False)
    yield f"      {make_printable(conflict.next_step)}"


def _render_field(field: FieldReport, *, is_new: bool) -> Iterator[str]:
    name = make_printable(field.name)
    if is_document(field.before, field.after):
        yield f"      {name}:"
        for sign, line in diff_lines(field.before, field.after):
            text = line if sign == "@" else f"{sign} {line}".rstrip()
            yield f"        {click.style(text, fg=_LINE_COLOURS.get(sign))}"
    elif not is_new:
        old = click.style(render_value(field.before), fg="red")
        new = click.style(render_value(field.after), fg="green")
        yield f"      {name}: {old} → {new}"
    elif field.after not in (None, "", [], {}, 0, False):
        yield f"      {name}: {render_value(field.after)}"


def _render_end(report: PlanReport) -> Iterator[str]:
    counts = report.summary
    if report.result is Result.NO_CHANGES:
        yield from _count_warnings(report)
        asks = "asks" if counts.policies == 1 else "ask"
        text = f"No changes. Vault is as {count(counts.policies, 'policy')} {asks}."
        yield click.style(text, bold=True)
        return
    yield from _count_warnings(report)
    if counts.kubernetes:
        verbs = [each.action for all_ in report.policies for each in all_.kubernetes]
        yield (
            f"Kubernetes: {verbs.count('create')} to create, {verbs.count('update')} to update, "
            f"{verbs.count('delete')} to delete."
        )
    plan = f"Plan: {counts.create} to create, {counts.update} to update, {counts.delete} to delete"
    conflicts = f"; {count(counts.conflicts, 'conflict')}" if counts.conflicts else ""
    yield click.style(f"{plan}{conflicts}.", bold=True)
    if counts.hindered_policies:
        text = f"{count(counts.hindered_policies, 'policy')} cannot be done as it stands."
        if counts.hindered_policies > 1:
            text = text.replace("it stands", "they stand")
        yield click.style(text, fg="red", bold=True)


def _count_warnings(report: PlanReport) -> Iterator[str]:
    """Return where those are found that would only lengthen a result without changes."""
    number = sum(len(each.warnings) for each in report.policies if not _is_worth_showing(each))
    if number:
        text = f"{count(number, 'warning')} of policies without changes: -o json lists them."
        yield click.style(text, fg="yellow")

"""The findings for people: a tree with the checks in their order, and below a fault what to do."""

from __future__ import annotations

from collections.abc import Iterator

import click

from roottrust.cli.doctor.finding import Check, Finding
from roottrust.cli.doctor.report import DoctorReport, Result
from roottrust.cli.status.sign import SIGNS, build_line
from roottrust.cli.text_tree import Node, draw_tree
from roottrust.domain.health import Health, find_worst_health
from roottrust.domain.printable import make_printable

# A fleet has thousands of what is well.
PASSED_SHOWN = 5

_TITLES = {
    Check.ACCESS: "access",
    Check.CRDS: "kinds (CRDs)",
    Check.OPERATOR: "operator",
    Check.CONFIGURATION: "configuration",
    Check.VAULT: "Vault",
    Check.CLOCKS: "clocks",
    Check.POLICIES: "policies",
    Check.CLUSTERS: "clusters",
    Check.REGISTRATIONS: "registrations of clusters",
    Check.MESHES: "meshes",
    Check.ISTIODS: "istiods",
    Check.GUIDE: "the guide's table of errors",
    Check.FOREIGN_CA: "CAs of others",
}
_ENDS = {
    Result.WELL: ("All is well", "green"),
    Result.INCOMPLETE: ("Not everything could be looked at, or is finished", "yellow"),
    Result.FAULTY: ("Something needs a person", "red"),
}


def render_report(report: DoctorReport) -> str:
    """Return the text, with colours: `click.unstyle` takes them out."""
    lines: list[str] = []
    for check in Check:
        of_check = [each for each in report.findings if each.check is check]
        if of_check:
            lines += draw_tree(_build_check(check, of_check))
    return "\n".join([*lines, "", _render_end(report)]) + "\n"


def _build_check(check: Check, findings: list[Finding]) -> Node:
    sign, colour = SIGNS[find_worst_health(each.health for each in findings)]
    title = click.style(_TITLES[check], bold=True)
    return Node(
        text=f"{click.style(sign, fg=colour, bold=True)} {title}",
        children=tuple(_build_findings(findings)),
    )


def _build_findings(findings: list[Finding]) -> Iterator[Node]:
    """Return what is not well whole, and of what is well the first."""
    shown = 0
    for each in findings:
        shown += each.health is Health.GOOD
        if each.health is not Health.GOOD or shown <= PASSED_SHOWN:
            text = build_line(each.health, each.subject, each.what)
            yield Node(text=text, children=tuple(_build_advice(each)))
    if shown > PASSED_SHOWN:
        yield Node(text=click.style(f"and {shown - PASSED_SHOWN} more that are well", dim=True))


def _build_advice(finding: Finding) -> Iterator[Node]:
    if finding.why is not None:
        yield Node(text=f"why: {make_printable(finding.why)}")
    if finding.right is not None:
        yield Node(text=f"right: {make_printable(finding.right)}")
    if finding.fix is not None:
        yield Node(text=f"do: {click.style(make_printable(finding.fix), bold=True)}")


def _render_end(report: DoctorReport) -> str:
    counts = report.summary
    words = (
        f"{counts.passed} passed, {counts.warnings} warn, {counts.failed} failed, "
        f"{counts.unknown} unknown"
    )
    skipped = f", left out: {', '.join(report.skipped)}" if report.skipped else ""
    text, colour = _ENDS[report.result]
    return click.style(f"{text}: {words}{skipped}.", fg=colour, bold=True)

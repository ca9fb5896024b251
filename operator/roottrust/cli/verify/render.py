"""The result for people: a table for each mesh, and below it what is to be done."""

from __future__ import annotations

from collections.abc import Iterator

import click

from roottrust.cli.verify.report import CheckReport, MeshReport, VerifyReport
from roottrust.domain.counted import count
from roottrust.domain.printable import make_printable
from roottrust.domain.verification import Check, Outcome, Result

_HEADINGS = ("RESULT", "CHECK", "OF", "FOUND")
_COLOURS = {
    Outcome.OK: "green",
    Outcome.DIFFERENT: "red",
    Outcome.UNKNOWN: "yellow",
    Outcome.SKIPPED: None,
}
_NAMES = {
    Check.PINNED_ROOT: "pinned root",
    Check.VAULT_ROOT: "root in Vault",
    Check.AGENT: "istiod's agent",
    Check.SERVED_CHAIN: "served chain",
    Check.NAMESPACES: "namespaces",
    Check.WORKLOAD_CERTIFICATE: "workload certificate",
}
_END_COLOURS = {Result.VERIFIED: "green", Result.INCOMPLETE: "yellow", Result.DIFFERENCES: "red"}
_NOT_GOOD = (Outcome.DIFFERENT, Outcome.UNKNOWN)

Row = tuple[str, str, str, str]


def render_report(report: VerifyReport) -> str:
    """Return the text, with colours: `click.unstyle` takes them out."""
    parts = ["\n".join(_render_mesh(each)) for each in report.meshes]
    return "\n\n".join([*parts, _render_end(report)]) + "\n"


def _render_mesh(mesh: MeshReport) -> Iterator[str]:
    name = make_printable(f"Mesh {mesh.mesh}")
    yield click.style(name, bold=True)
    yield make_printable(f"  Cluster: {mesh.cluster}, istiod: {mesh.namespace}/{mesh.deployment}")
    yield ""
    yield from _render_table(mesh)
    for outcome in _NOT_GOOD:
        for check in mesh.checks:
            if check.outcome is outcome:
                yield from _render_fault(check)
    warnings = [(check, text) for check in mesh.checks for text in check.warnings]
    if warnings:
        yield ""
    for check, text in warnings:
        line = f"Warning: {_name(check)}: {make_printable(text)}"
        yield f"  {click.style(line, fg='yellow')}"


def _render_table(mesh: MeshReport) -> Iterator[str]:
    rows = [_build_row(each) for each in mesh.checks]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    yield click.style(_align(_HEADINGS, widths), dim=True)
    for check, row in zip(mesh.checks, rows, strict=True):
        line = _align(row, widths)
        # The first column alone: what is beside it is to be read.
        end = 2 + len(row[0])
        yield click.style(line[:end], fg=_COLOURS[check.outcome]) + line[end:]


def _build_row(check: CheckReport) -> Row:
    return (
        check.outcome.lower(),
        _NAMES[check.check],
        make_printable(check.subject),
        make_printable(check.told),
    )


def _align(row: Row, widths: list[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return f"  {'  '.join(cells).rstrip()}"


def _render_fault(check: CheckReport) -> Iterator[str]:
    yield ""
    colour = _COLOURS[check.outcome]
    yield f"  {click.style(f'{check.outcome}: {_name(check)}', fg=colour, bold=True)}"
    if check.message:
        yield f"    {make_printable(check.message)}"
    if check.next_step:
        yield f"    Next: {make_printable(check.next_step)}"


def _name(check: CheckReport) -> str:
    return make_printable(f"{_NAMES[check.check]} of {check.subject}")


def _render_end(report: VerifyReport) -> str:
    counts = report.summary
    meshes = count(counts.meshes, "mesh")
    words = [f"{counts.ok} ok", f"{counts.different} different", f"{counts.unknown} unknown"]
    if counts.skipped:
        words.append(f"{counts.skipped} skipped")
    said = {
        Result.VERIFIED: f"Verified: {meshes} under the pinned root",
        Result.INCOMPLETE: f"Not all of {meshes} could be verified",
        Result.DIFFERENCES: f"Not all is as pinned in {meshes}",
    }[report.result]
    text = (
        f"{said}: {', '.join(words)}."
        if report.result is not Result.VERIFIED
        else (f"{said} ({', '.join(words)}).")
    )
    return click.style(text, fg=_END_COLOURS[report.result], bold=True)

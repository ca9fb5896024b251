"""`roottrust report`: what `roottrust status` knows, as a page to read, print and send around."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from roottrust.cli.options import (
    with_context,
    with_kubeconfig,
    with_operator_namespace,
    with_policies_namespace,
    with_policy,
)
from roottrust.cli.report_page.page import Origin, render_page
from roottrust.cli.report_page.page_file import write_page
from roottrust.cli.status.choice_options import build_choice
from roottrust.cli.status.command import EXIT_CODES
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.status.report import StatusReport
from roottrust.cli.status.run import read_status
from roottrust.cli.status.verdict import describe_counts, name_result
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.version import read_version

_STDOUT = Path("-")

_HELP = """Write the status of trust as one page: map, what ends when, what to do.

For all RootTrustPolicies of the management cluster, or those of the name POLICY. The page is one
file of HTML that loads nothing and runs nothing: it can be read on a phone, printed, and sent by
mail. It tells what `roottrust status` tells, in the same words, and nothing in it is secret. It
reads Kubernetes alone, never Vault, and changes nothing there.

\b
Examples:
  roottrust report -o report.html           all policies
  roottrust report fleet -o report.html     one policy; NAMESPACE/NAME will do, too
  roottrust report -o - | gzip >page.gz     to stdout
  kubectl roottrust report -o report.html   the same, as a plugin of kubectl

FILE is replaced in one step: whoever reads it meanwhile has the page of before, and a failure
leaves that as it is.

\b
Exit codes (the page is written, unless it failed):
  0  all is well
  1  it failed (no policy, no right, no answer), or something is not finished or not known
  2  something is wrong; it goes before 1
Warnings, as of an end that is near, do not count.

\b
Environment:
  KUBECONFIG         as --kubeconfig
deploy/status/ has the rights in Kubernetes.
"""


@click.command("report", cls=PlainExitCommand, help=_HELP)
@with_policy
@with_policies_namespace
@click.option(
    "-o",
    "--output",
    "path",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where to write the page; - is stdout.",
)
@with_operator_namespace
@with_kubeconfig
@with_context
def command(
    policy: str | None,
    namespace: str | None,
    *,
    path: Path,
    **place: Any,
) -> None:
    """Read, write the page, and end with its exit code."""
    choice = build_choice(policy, namespace, **place)
    notes: list[str] = []
    try:
        report = asyncio.run(_read(choice, notes))
    except RootTrustError as error:
        fail([error.message])
    origin = Origin(scope=_describe_scope(choice), notes=tuple(notes), version=read_version())
    _write(path, render_page(report, origin))
    click.echo(f"{path}: {name_result(report.result)}: {describe_counts(report)}.", err=True)
    sys.exit(EXIT_CODES[report.result])


async def _read(choice: Choice, notes: list[str]) -> StatusReport:
    """Return the report; what cannot be read stands on the page as well."""

    def note(text: str) -> None:
        notes.append(text)
        tell(text)

    async with open_reader(choice, tell=note) as reader:
        return await read_status(reader, now=lambda: datetime.now(UTC))


def _describe_scope(choice: Choice) -> str:
    name = f"Policies of the name {choice.name}" if choice.name else "All policies"
    return f"{name} in namespace {choice.namespace}" if choice.namespace else name


def _write(path: Path, page: str) -> None:
    if path == _STDOUT:
        click.echo(page.encode(), nl=False)
        return
    try:
        write_page(path, page)
    except OSError as error:
        fail([f"{path} cannot be written: {error.strerror or error}."])

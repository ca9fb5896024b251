"""`roottrust status`: the tree from the root to the namespaces, over all clusters."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

from roottrust.cli.options import (
    show_report,
    with_color,
    with_context,
    with_kubeconfig,
    with_operator_namespace,
    with_output,
    with_policies_namespace,
    with_policy,
)
from roottrust.cli.status.choice_options import build_choice
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.status.render import render_report
from roottrust.cli.status.report import Result, StatusReport
from roottrust.cli.status.run import read_status, watch_status
from roottrust.cli.status.watched import WatchedStatus
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError

EXIT_CODES = {Result.WELL: 0, Result.UNFINISHED: 1, Result.FAULTY: 2}

_HELP = """Show the tree of trust: root, intermediates, istiods, namespaces.

For all RootTrustPolicies of the management cluster, or those of the name POLICY. What does not hold
is shown with what to do next. It reads Kubernetes alone, never Vault, and changes nothing.

\b
Examples:
  roottrust status                          all policies
  roottrust status gloo-mesh/fleet          one policy; NAME alone will do
  roottrust status fleet --watch            redrawn while it changes, until Ctrl-C
  roottrust status -o json | jq .summary    for programs: docs/status.md
  kubectl roottrust status                  the same, as a plugin of kubectl

\b
Signs:
  ✓ well    ! will not last    ? not finished, or not known    ✗ wrong: needs a person

\b
Exit codes:
  0  all is well
  1  it failed (no policy, no right, no answer), or something is not finished or not known
  2  something is wrong; it goes before 1
Warnings, as of an end that is near, do not count.

\b
Environment:
  KUBECONFIG         as --kubeconfig
  NO_COLOR           no colours
deploy/status/ has the rights in Kubernetes.
"""


@click.command("status", cls=PlainExitCommand, help=_HELP)
@with_policy
@with_policies_namespace
@click.option("-w", "--watch", "watches", is_flag=True, help="Go on, and show every change.")
@with_output
@with_color
@with_operator_namespace
@with_kubeconfig
@with_context
def command(
    policy: str | None,
    namespace: str | None,
    *,
    watches: bool,
    output: str,
    color: str,
    **place: Any,
) -> None:
    """Read, show the tree, and end with its exit code."""
    choice = build_choice(policy, namespace, **place)
    watched = WatchedStatus(output=output, color=color)
    try:
        if watches:
            asyncio.run(_watch(choice, watched))
        report = asyncio.run(_read(choice))
    except RootTrustError as error:
        fail([error.message])
    except KeyboardInterrupt:
        sys.exit(EXIT_CODES[watched.result])
    show_report(report, render_report, output=output, color=color)
    sys.exit(EXIT_CODES[report.result])


async def _read(choice: Choice) -> StatusReport:
    async with open_reader(choice, tell=tell) as reader:
        return await read_status(reader, now=_now)


async def _watch(choice: Choice, watched: WatchedStatus) -> NoReturn:
    async with open_reader(choice, tell=tell) as reader:
        await watch_status(reader, watched.show, now=_now)


def _now() -> datetime:
    return datetime.now(UTC)

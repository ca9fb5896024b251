"""`roottrust rotate intermediate`: every istiod of a policy obtains a new intermediate now."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import click

from roottrust.api.rotation import GENERATION_MAX
from roottrust.cli.options import (
    with_color,
    with_context,
    with_kubeconfig,
    with_operator_namespace,
)
from roottrust.cli.policy_choice import Manifest
from roottrust.cli.rotate.followed import FollowedRotation
from roottrust.cli.rotate.progress import RotationProgress
from roottrust.cli.rotate.render import render_change, render_commit, render_end, render_reach
from roottrust.cli.rotate.request import (
    RaisedGeneration,
    plan_following,
    plan_rotation,
)
from roottrust.cli.rotate.run import (
    PlannedRotation,
    follow_rotation,
    read_plan,
    write_generation,
)
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.terminal import (
    EXIT_FAILED,
    PlainExitCommand,
    fail,
    find_kubeconfig,
    tell,
)
from roottrust.domain.errors import RootTrustError

EXIT_FAULTY = 2

_HELP = """Have every istiod of a RootTrustPolicy obtain a new intermediate now.

Raises spec.rotation.intermediateGeneration of the policy by one, and follows it until every istiod
of every mesh serves an intermediate of that generation. The root stays, so no workload restarts.
With --cluster it is the number of these clusters alone, in spec.rotation.clusters.

\b
Where policies are kept in Git, commit the number there instead: that is all that a rotation is;
--follow then follows it. After this command without --follow commit the number that it tells, since
the API server refuses a lower one.

\b
Examples:
  roottrust rotate intermediate                     the only policy
  roottrust rotate intermediate gloo-mesh/fleet     one of several
  roottrust rotate intermediate fleet --cluster prod-1  the istiods of one cluster
  roottrust rotate intermediate fleet --dry-run     show the change, and make none
  roottrust rotate intermediate fleet --no-wait     raise it, and end
  roottrust rotate intermediate fleet --follow      follow what was raised before, as by a commit
  kubectl roottrust rotate intermediate fleet       the same, as a plugin of kubectl

\b
Exit codes:
  0  done; with --no-wait: raised; with --dry-run: shown
  1  it failed and nothing was written, or it was raised and is not done after --timeout, or Ctrl-C
  2  it was raised and is not done after --timeout, and something is wrong that needs a person
What was raised goes on without this command: --follow follows it again.

\b
Environment:
  KUBECONFIG         as --kubeconfig
  NO_COLOR           no colours
deploy/rotate/ has the right in Kubernetes to raise it, deploy/status/ those to follow it.
"""


@click.command("intermediate", cls=PlainExitCommand, help=_HELP)
@click.argument("policy", required=False, metavar="[[NAMESPACE/]POLICY]")
@click.option("-n", "--namespace", help="A policy of this namespace.")
@click.option(
    "--cluster",
    "clusters",
    multiple=True,
    metavar="NAME",
    help="Only the istiods of this cluster; may be repeated.",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show the change, and make none.")
@click.option(
    "--follow",
    "follows",
    is_flag=True,
    help="Raise nothing: follow the generation that the policy asks for already.",
)
@click.option(
    "--generation",
    type=click.IntRange(1, GENERATION_MAX),
    metavar="NUMBER",
    help="With --follow: the one that was committed, which may not be applied yet.",
)
@click.option(
    "--wait/--no-wait", "waits", default=True, show_default=True, help="Follow it to the end."
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Longest time to follow it.",
)
@with_color
@with_operator_namespace
@with_kubeconfig
@with_context
def command(
    policy: str | None,
    namespace: str | None,
    *,
    clusters: tuple[str, ...],
    is_dry: bool,
    follows: bool,
    generation: int | None,
    waits: bool,
    timeout_seconds: float,
    color: str,
    operator_namespace: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Raise the generation, follow it, and end with the exit code of what came of it."""
    if follows and (is_dry or not waits):
        fail(["--follow writes nothing and waits: leave --dry-run and --no-wait out"])
    if generation is not None and not follows:
        fail(["--generation is for --follow alone: a rotation raises the number by one"])
    choice = Choice(
        name=policy,
        namespace=namespace,
        operator_namespace=operator_namespace,
        kubeconfig=kubeconfig or find_kubeconfig(),
        context=context,
    )
    named = tuple(dict.fromkeys(clusters))
    try:
        if follows:
            plan = partial(plan_following, generation=generation, clusters=named)
            raised = asyncio.run(_plan(choice, plan)).raised
        else:
            raised = _raise(choice, named, is_dry=is_dry)
    except RootTrustError as error:
        fail([error.message])
    if waits and not is_dry:
        _follow(raised, choice, timeout_seconds=timeout_seconds, color=color)


def _raise(choice: Choice, clusters: tuple[str, ...], *, is_dry: bool) -> RaisedGeneration:
    """Raise the generation, or only show that; raises RootTrustError."""
    planned = asyncio.run(_plan(choice, partial(plan_rotation, clusters=clusters)))
    raised = planned.raised
    click.echo(render_change(raised))
    if is_dry:
        click.echo(f"{render_reach(raised, planned.policy)} Nothing was changed (--dry-run).")
        return raised
    asyncio.run(write_generation(raised, choice))
    tell(
        f"where {raised.full_name} is kept in Git, commit {render_commit(raised)} there; a lower "
        "number is refused from now on."
    )
    return raised


def _follow(
    raised: RaisedGeneration, choice: Choice, *, timeout_seconds: float, color: str
) -> None:
    """Follow what was raised; whatever ends this does not end that."""
    command = " ".join([raised.full_name, "--follow", *map("--cluster {}".format, raised.clusters)])
    way_on = f"It goes on: `roottrust rotate intermediate {command}` follows it."
    shown = FollowedRotation(color=color)
    deadline = _now() + timedelta(seconds=timeout_seconds)
    try:
        last = asyncio.run(_wait(raised, choice, shown.show, deadline=deadline))
    except RootTrustError as error:
        fail([error.message, way_on])
    except KeyboardInterrupt:
        click.echo(f"\nNot followed any more. {way_on}", err=True)
        sys.exit(EXIT_FAILED)
    if last.waits_for is None:
        click.echo(render_end(raised, last))
        return
    click.echo(f"Error: not done after {timeout_seconds:g} s: {last.waits_for} {way_on}", err=True)
    sys.exit(EXIT_FAULTY if last.is_faulty else EXIT_FAILED)


async def _plan(
    choice: Choice, plan: Callable[[tuple[Manifest, ...]], RaisedGeneration]
) -> PlannedRotation:
    async with open_reader(choice, tell=tell) as reader:
        return await read_plan(reader, plan, now=_now)


async def _wait(
    raised: RaisedGeneration,
    choice: Choice,
    show: Callable[[RotationProgress], None],
    *,
    deadline: datetime,
) -> RotationProgress:
    namespace = raised.policy["metadata"]["namespace"]
    narrowed = replace(choice, name=raised.full_name, namespace=namespace)
    async with open_reader(narrowed, tell=lambda _: None) as reader:
        return await follow_rotation(reader, raised, show, now=_now, deadline=deadline)


def _now() -> datetime:
    return datetime.now(UTC)

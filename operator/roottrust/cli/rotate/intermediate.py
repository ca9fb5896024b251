"""`roottrust rotate intermediate`: every istiod of a policy obtains a new intermediate now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from roottrust.cli.options import with_policy
from roottrust.cli.policy_choice import Manifest
from roottrust.cli.rotate.compromised_intermediates import (
    check_compromise_options,
    follow_compromise,
    order_compromise,
    plan_following_compromise,
)
from roottrust.cli.rotate.followed import View
from roottrust.cli.rotate.following import follow_to_end, now
from roottrust.cli.rotate.options import (
    check_options,
    with_beginning,
    with_namespace,
)
from roottrust.cli.rotate.progress import RotationProgress, judge_rotation
from roottrust.cli.rotate.render import (
    list_lines,
    render_change,
    render_commit,
    render_end,
    render_progress,
    render_reach,
)
from roottrust.cli.rotate.request import (
    RaisedGeneration,
    plan_following,
    plan_rotation,
)
from roottrust.cli.rotate.run import PlannedRotation, read_plan, write_patch
from roottrust.cli.status.choice_options import build_choice
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.status.report import StatusReport
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError

TIMEOUT_SECONDS = 600

_HELP = """Have every istiod of a RootTrustPolicy obtain a new intermediate now.

Raises spec.rotation.intermediateGeneration of the policy by one, and follows it until every istiod
of every mesh serves an intermediate of that generation. The root stays, so no workload restarts.
With --cluster it is the number of these clusters alone, in spec.rotation.clusters.

\b
With --compromised, where keys of intermediates of these clusters have leaked, the older ones are
revoked in Vault as well, once no istiod serves them any more. That is told to whoever asks Vault.
Peers do not ask: they go on trusting what the leaked ones sign until these end, or until the root
is replaced (roottrust rotate root --compromised). It says so, and asks, before anything is written.
In Git it is an annotation beside the number:
admin.gloo.solo.io/intermediate-compromised: "3/prod-1" is for all of prod-1 below generation 3.

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
  roottrust rotate intermediate fleet --cluster prod-1 --compromised   its keys have leaked
  kubectl roottrust rotate intermediate fleet       the same, as a plugin of kubectl

\b
Exit codes:
  0  done, with --compromised also revoked; with --no-wait: raised; with --dry-run: shown
  1  it failed and nothing was written, or it was raised and is not done after --timeout, or Ctrl-C
  2  it was raised and is not done after --timeout, and something is wrong that needs a person
What was raised goes on without this command: --follow follows it again.

\b
Environment:
  KUBECONFIG         as --kubeconfig
  NO_COLOR           no colours
deploy/rotate/ has the right in Kubernetes to raise it, deploy/status/ those to follow it.
"""


@click.command(
    "intermediate",
    cls=PlainExitCommand,
    help=_HELP,
    short_help="Have every istiod obtain a new intermediate.",
)
@with_policy
@with_namespace
@click.option(
    "--cluster",
    "clusters",
    multiple=True,
    metavar="NAME",
    help="Only the istiods of this cluster; may be repeated.",
)
@click.option(
    "--compromised",
    "is_compromised",
    is_flag=True,
    help="The keys of the older intermediates of --cluster have leaked: also revoke these in "
    "Vault. Peers go on trusting them: only another root ends that.",
)
@click.option("--yes", "is_sure", is_flag=True, help="With --compromised: do not ask.")
@with_beginning(timeout_seconds=TIMEOUT_SECONDS)
def command(
    policy: str | None,
    namespace: str | None,
    *,
    clusters: tuple[str, ...],
    is_compromised: bool,
    is_sure: bool,
    is_dry: bool,
    follows: bool,
    generation: int | None,
    waits: bool,
    timeout_seconds: float,
    color: str,
    **place: Any,
) -> None:
    """Raise the generation, follow it, and end with the exit code of what came of it."""
    check_options(follows=follows, is_dry=is_dry, waits=waits, generation=generation)
    choice = build_choice(policy, namespace, **place)
    named = tuple(dict.fromkeys(clusters))
    check_compromise_options(named, is_compromised=is_compromised, is_sure=is_sure, follows=follows)
    follow = follow_compromise if is_compromised else _follow
    try:
        if is_compromised and follows:
            raised = plan_following_compromise(choice, named, generation=generation)
        elif is_compromised:
            raised = order_compromise(choice, named, is_dry=is_dry, is_sure=is_sure)
        elif follows:
            plan = partial(plan_following, generation=generation, clusters=named)
            raised = asyncio.run(_plan(choice, plan)).raised
        else:
            raised = _raise(choice, named, is_dry=is_dry)
    except RootTrustError as error:
        fail([error.message])
    if waits and not is_dry:
        follow(raised, choice, timeout_seconds=timeout_seconds, color=color)


def _raise(choice: Choice, clusters: tuple[str, ...], *, is_dry: bool) -> RaisedGeneration:
    """Raise the generation, or only show that; raises RootTrustError."""
    planned = asyncio.run(_plan(choice, partial(plan_rotation, clusters=clusters)))
    raised = planned.raised
    click.echo(render_change(raised))
    if is_dry:
        click.echo(f"{render_reach(raised, planned.policy)} Nothing was changed (--dry-run).")
        return raised
    asyncio.run(write_patch(raised.policy, raised.build_patch(), choice))
    tell(
        f"where {raised.full_name} is kept in Git, commit {render_commit(raised)} there; a lower "
        "number is refused from now on."
    )
    return raised


def _follow(
    raised: RaisedGeneration, choice: Choice, *, timeout_seconds: float, color: str
) -> None:
    """Follow what was raised; whatever ends this does not end that."""
    words = [raised.full_name, "--follow", *map("--cluster {}".format, raised.clusters)]
    last = follow_to_end(
        View(judge=partial(_judge, raised), render=render_progress, list_lines=list_lines),
        raised.policy,
        choice,
        command=f"roottrust rotate intermediate {' '.join(words)}",
        timeout_seconds=timeout_seconds,
        color=color,
    )
    click.echo(render_end(raised, last))


def _judge(raised: RaisedGeneration, report: StatusReport) -> RotationProgress:
    (policy,) = report.policies
    return judge_rotation(policy, generation=raised.after, clusters=raised.clusters)


async def _plan(
    choice: Choice, plan: Callable[[tuple[Manifest, ...]], RaisedGeneration]
) -> PlannedRotation:
    async with open_reader(choice, tell=tell) as reader:
        return await read_plan(reader, plan, now=now)

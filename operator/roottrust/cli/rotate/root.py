"""`roottrust rotate root`: another root takes the place of the one in use, unnoticed."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Any

import click

from roottrust.api.choices import RotationEnd
from roottrust.cli.options import with_policy
from roottrust.cli.rotate.compromised_root import (
    CompromisedRoot,
    plan_compromised,
)
from roottrust.cli.rotate.compromised_root_text import render_consequences, render_order
from roottrust.cli.rotate.followed import View
from roottrust.cli.rotate.following import follow_to_end
from roottrust.cli.rotate.options import (
    check_options,
    with_beginning,
    with_namespace,
)
from roottrust.cli.rotate.order_writing import ask, give_order, read_root
from roottrust.cli.rotate.root_progress import judge_root
from roottrust.cli.rotate.root_render import (
    list_root_lines,
    render_end_of_root,
    render_outlook,
    render_raise,
    render_root_progress,
)
from roottrust.cli.rotate.root_request import (
    FIELD,
    RaisedRoot,
    plan_following_root,
    plan_root,
)
from roottrust.cli.rotate.run import write_patch
from roottrust.cli.status.choice_options import build_choice
from roottrust.cli.status.reader import Choice
from roottrust.cli.terminal import (
    EXIT_FAILED,
    PlainExitCommand,
    fail,
    tell,
)
from roottrust.domain.errors import RootTrustError

# Two days: as long as a rotation takes where leaves live as long as they do by default.
TIMEOUT_SECONDS = 172_800

_HELP = """Replace the root CA of a RootTrustPolicy, in stages that no workload notices.

Raises spec.rotation.rootGeneration of the policy that owns the root by one, and follows it until
the next root is in use everywhere and the one before may sign nothing any more. Each stage is
proven before the next begins:

\b
  Prepare   Vault has the next root beside the one in use
  Sign      istiods sign under the next root
  Widen     every mesh trusts both
  Prove     every workload is proven to have a leaf of the next root
  Drop      every mesh trusts the next root alone: no way back from here
  Retire    in Vault the old root may sign nothing any more
MultiRoot has another order: Prepare, Widen, Confirm, Sign, Prove, Drop, Retire. It takes as long as
the leaves of workloads live, mostly days, and goes on without this command.

\b
Steering it:
  roottrust rotate approve    let it into the stage that waits for a person
  roottrust rotate pause      no further stage; roottrust rotate resume goes on
  roottrust rotate rollback   back to the root before, until Drop
  roottrust rotate exclude CLUSTER  do not wait for one that is gone for good

\b
With --compromised somebody else has the key of the root: nobody is asked, who does not answer is
left behind, all workloads are restarted twice, and the root is dropped and revoked. It tells first
what that breaks, and asks. On a rotation that is under way it hurries that one.

\b
Where policies are kept in Git, commit the number there instead: --follow then follows it. A lower
number is refused by the API server.

\b
Examples:
  roottrust rotate root fleet --dry-run     what is going to happen, and change nothing
  roottrust rotate root fleet               raise the generation, and follow it
  roottrust rotate root fleet --no-wait     raise it, and end
  roottrust rotate root fleet --watch       follow what was raised before, as by a commit
  roottrust rotate root fleet --compromised --dry-run   what distrusting the root would break
  kubectl roottrust rotate root fleet       the same, as a plugin of kubectl

\b
Exit codes:
  0  done; with --no-wait: raised; with --dry-run: shown
  1  it failed and nothing was written, or it was raised and is not done after --timeout, or Ctrl-C,
     or it was rolled back
  2  it was raised and is not done after --timeout, and it waits for a person

\b
Environment:
  KUBECONFIG         as --kubeconfig
  NO_COLOR           no colours
deploy/rotate/ has the right in Kubernetes to raise it, deploy/status/ those to follow it.
"""


@click.command(
    "root",
    cls=PlainExitCommand,
    help=_HELP,
    short_help="Replace the root, in stages that no workload notices.",
)
@with_policy
@with_namespace
@click.option(
    "--compromised",
    "is_compromised",
    is_flag=True,
    help="Somebody else has its key: distrust it at once, whatever that breaks.",
)
@click.option("--yes", "is_sure", is_flag=True, help="With --compromised: do not ask.")
@with_beginning(timeout_seconds=TIMEOUT_SECONDS)
def command(
    policy: str | None,
    namespace: str | None,
    *,
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
    if follows and is_compromised:
        fail(["--follow orders nothing: without --compromised it follows what was ordered before."])
    choice = build_choice(policy, namespace, **place)
    plan = partial(plan_following_root, generation=generation) if follows else plan_root
    try:
        root = asyncio.run(read_root(choice))
        if is_compromised:
            raised = _distrust(plan_compromised(root), choice, is_dry=is_dry, is_sure=is_sure)
        else:
            raised = plan(root)
            if not follows:
                _raise(raised, choice, is_dry=is_dry)
    except RootTrustError as error:
        fail([error.message])
    if waits and not is_dry:
        _follow(raised, choice, timeout_seconds=timeout_seconds, color=color)


def _distrust(
    compromised: CompromisedRoot, choice: Choice, *, is_dry: bool, is_sure: bool
) -> RaisedRoot:
    """Say what breaks, ask, and order it; raises RootTrustError."""
    click.echo(render_consequences(compromised), err=not is_dry)
    if is_dry:
        click.echo(render_order(compromised))
        click.echo("Nothing was changed (--dry-run).")
        return compromised.raised
    order = compromised.order
    if order.question and not order.is_given and not is_sure:
        ask(order.question)
    asyncio.run(give_order(order, lambda root: plan_compromised(root).order, choice))
    click.echo(render_order(compromised))
    tell(
        f"where {order.root.full_name} is kept in Git, commit both there: without the annotation "
        "there is no hurry, and a lower number is refused."
    )
    return compromised.raised


def _raise(raised: RaisedRoot, choice: Choice, *, is_dry: bool) -> None:
    """Say what is going to happen, and raise the generation; raises RootTrustError."""
    click.echo(render_raise(raised))
    click.echo(render_outlook(raised), err=not is_dry)
    if is_dry:
        click.echo("Nothing was changed (--dry-run).")
        return
    asyncio.run(write_patch(raised.root.policy, raised.build_patch(), choice))
    tell(
        f"where {raised.root.full_name} is kept in Git, commit {FIELD}: {raised.after} there; a "
        "lower number is refused from now on."
    )


def _follow(raised: RaisedRoot, choice: Choice, *, timeout_seconds: float, color: str) -> None:
    name = raised.root.full_name
    last = follow_to_end(
        View(
            judge=partial(judge_root, generation=raised.after),
            render=render_root_progress,
            list_lines=list_root_lines,
        ),
        raised.root.policy,
        choice,
        command=f"roottrust rotate root {name} --follow",
        timeout_seconds=timeout_seconds,
        color=color,
    )
    told = render_end_of_root(last)
    if last.end is RotationEnd.ROLLED_BACK:
        click.echo(f"Error: {told}", err=True)
        sys.exit(EXIT_FAILED)
    click.echo(told)

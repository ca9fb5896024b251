"""`roottrust rotate approve`, `pause`, `resume`, `rollback`, `exclude`: steering a rotation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from roottrust.api.choices import RotationStage
from roottrust.cli.options import with_policy
from roottrust.cli.rotate.options import (
    with_namespace,
    with_place,
)
from roottrust.cli.rotate.order import (
    plan_approval,
    plan_exclusion,
    plan_pause,
    plan_resume,
    plan_rollback,
)
from roottrust.cli.rotate.order_writing import Plan, ask, give_order, read_root
from roottrust.cli.status.choice_options import build_choice
from roottrust.cli.status.reader import Choice
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.domain.rotation.stage import NEEDS_APPROVAL

Command = TypeVar("Command", bound=Callable[..., Any])

_END = """

\b
Where policies are kept in Git, commit the annotation there instead: --dry-run prints its line.
Exit codes:
  0  it is written, or is there already; with --dry-run: shown
  1  nothing was written, and why
deploy/rotate/ and deploy/status/ have the rights in Kubernetes.
"""

_APPROVE = """Let the rotation of a root into a stage that waits for a person.

With rotation.verification Manual these are Sign, Widen, Drop and Retire; Drop also where
rotation.externalDependants names who must trust the next root first, or the root's mount has an
intermediate that belongs to no policy. Without --stage it is the one that waits now; with it, it is
approved before its time, and nobody is asked again.

\b
Examples:
  roottrust rotate approve fleet
  roottrust rotate approve fleet --stage Drop
  roottrust rotate approve fleet --dry-run >>annotations.yaml
"""
_PAUSE = """Let no further stage of a rotation begin, nor a further wave of clusters.

The stage under way goes on until it is proven. Every stage can be stayed in: connections go on.

\b
Examples:
  roottrust rotate pause fleet
  roottrust rotate pause fleet --dry-run >>annotations.yaml
"""
_RESUME = """Let a rotation that was paused go on.

\b
Example:
  roottrust rotate resume fleet
"""
_ROLLBACK = """Go back to the root before; possible until Drop.

Istiods sign under the root before again. Once no leaf needs the next root any more, it leaves every
trust bundle, and may sign nothing. After Drop that is a new rotation: `roottrust rotate root`.

\b
Examples:
  roottrust rotate rollback fleet
  roottrust status fleet --watch        how far it is
"""
_EXCLUDE = """Do not wait any more for a cluster that is gone for good.

No proof is asked of it, and the rotation's history names it. Whatever of the cluster is still there
cannot connect with others from Drop on, so one that is heard and has meshes is refused without
--force.

\b
Examples:
  roottrust rotate exclude cluster7          of the only policy
  roottrust rotate exclude cluster7 fleet    of one of several
"""


def _with_order(command: Command) -> Command:
    """Give a command the options of all that steer a rotation."""
    dry = click.option(
        "--dry-run",
        "is_dry",
        is_flag=True,
        help="Print the annotation as it is to be committed in Git, and write nothing.",
    )
    return with_policy(with_namespace(dry(with_place(command))))


@click.command(
    "approve",
    cls=PlainExitCommand,
    help=_APPROVE + _END,
    short_help="Let a rotation into the stage that waits for a person.",
)
@click.option(
    "--stage",
    type=click.Choice(
        [each.value for each in RotationStage if each in NEEDS_APPROVAL], case_sensitive=False
    ),
    help="The stage to let it into. Default: the one that waits.",
)
@_with_order
def approve(*, stage: str | None, is_dry: bool, **place: Any) -> None:
    """Approve a stage."""
    plan = partial(plan_approval, stage=RotationStage(stage) if stage else None)
    _give(plan, build_choice(**place), is_dry=is_dry)


@click.command(
    "pause",
    cls=PlainExitCommand,
    help=_PAUSE + _END,
    short_help="Let no further stage of a rotation begin.",
)
@_with_order
def pause(*, is_dry: bool, **place: Any) -> None:
    """Pause a rotation."""
    _give(plan_pause, build_choice(**place), is_dry=is_dry)


@click.command(
    "resume",
    cls=PlainExitCommand,
    help=_RESUME + _END,
    short_help="Let a paused rotation go on.",
)
@_with_order
def resume(*, is_dry: bool, **place: Any) -> None:
    """Let a paused rotation go on."""
    _give(plan_resume, build_choice(**place), is_dry=is_dry)


@click.command(
    "rollback",
    cls=PlainExitCommand,
    help=_ROLLBACK + _END,
    short_help="Go back to the root before; possible until Drop.",
)
@_with_order
def rollback(*, is_dry: bool, **place: Any) -> None:
    """Roll a rotation back."""
    _give(plan_rollback, build_choice(**place), is_dry=is_dry)


@click.command(
    "exclude",
    cls=PlainExitCommand,
    help=_EXCLUDE + _END,
    short_help="Wait no more for a cluster that is gone for good.",
)
@click.argument("cluster")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--force", "forces", is_flag=True, help="Also a cluster that is heard.")
@_with_order
def exclude(*, cluster: str, is_sure: bool, forces: bool, is_dry: bool, **place: Any) -> None:
    """Take a cluster out of a rotation."""
    plan = partial(plan_exclusion, cluster=cluster, forces=forces)
    _give(plan, build_choice(**place), is_dry=is_dry, is_sure=is_sure)


COMMANDS = (approve, pause, resume, rollback, exclude)


def _give(plan: Plan, choice: Choice, *, is_dry: bool, is_sure: bool = False) -> None:
    """Write an order, or only show it, and say what follows."""
    try:
        order = plan(asyncio.run(read_root(choice)))
        if is_dry:
            click.echo(order.render_line())
            tell(f"nothing was changed (--dry-run). Once it is there: {order.follows}")
            return
        if order.question and not order.is_given and not is_sure:
            ask(order.question)
        order = asyncio.run(give_order(order, plan, choice))
    except RootTrustError as error:
        fail([error.message])
    click.echo(f"{order.root.full_name}: {order.render_line()}")
    click.echo(order.follows)

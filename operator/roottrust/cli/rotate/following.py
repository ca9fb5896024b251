"""Following a rotation to its end, and ending with the exit code of what was seen last."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click

from roottrust.cli.policy_choice import Manifest, get_full_name
from roottrust.cli.rotate.followed import FollowedRotation, P, View
from roottrust.cli.rotate.run import follow_rotation
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.terminal import EXIT_FAILED, fail
from roottrust.domain.errors import RootTrustError

EXIT_FAULTY = 2


def follow_to_end(
    view: View[P],
    policy: Manifest,
    choice: Choice,
    *,
    command: str,
    timeout_seconds: float,
    color: str,
) -> P:
    """Return what it has come to; whatever ends this before does not end the rotation.

    `command` is what follows it again.
    """
    way_on = f"It goes on: `{command}` follows it."
    shown = FollowedRotation(view, color=color)
    deadline = now() + timedelta(seconds=timeout_seconds)
    try:
        last = asyncio.run(_wait(view, policy, choice, shown.show, deadline=deadline))
    except RootTrustError as error:
        fail([error.message, way_on])
    except KeyboardInterrupt:
        click.echo(f"\nNot followed any more. {way_on}", err=True)
        sys.exit(EXIT_FAILED)
    if last.waits_for is None:
        return last
    click.echo(f"Error: not done after {timeout_seconds:g} s: {last.waits_for} {way_on}", err=True)
    sys.exit(EXIT_FAULTY if last.is_faulty else EXIT_FAILED)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


async def _wait(
    view: View[P],
    policy: Manifest,
    choice: Choice,
    show: Callable[[P], None],
    *,
    deadline: datetime,
) -> P:
    namespace = policy["metadata"]["namespace"]
    narrowed = replace(choice, name=get_full_name(policy), namespace=namespace)
    async with open_reader(narrowed, tell=lambda _: None) as reader:
        return await follow_rotation(reader, view.judge, show, now=now, deadline=deadline)

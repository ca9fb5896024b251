"""Options of the commands that begin a rotation and follow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from roottrust.api.rotation import GENERATION_MAX
from roottrust.cli.options import (
    with_color,
    with_context,
    with_kubeconfig,
    with_operator_namespace,
)
from roottrust.cli.terminal import fail

Command = TypeVar("Command", bound=Callable[..., Any])

with_namespace = click.option("-n", "--namespace", help="A policy of this namespace.")

_BEGINNING = (
    click.option("--dry-run", "is_dry", is_flag=True, help="Show the change, and make none."),
    click.option(
        "--follow",
        "--watch",
        "-w",
        "follows",
        is_flag=True,
        help="Raise nothing: follow the generation that the policy asks for already.",
    ),
    click.option(
        "--generation",
        type=click.IntRange(1, GENERATION_MAX),
        metavar="NUMBER",
        help="With --follow: the one that was committed, which may not be applied yet.",
    ),
    click.option(
        "--wait/--no-wait", "waits", default=True, show_default=True, help="Follow it to the end."
    ),
)
_PLACE = (with_operator_namespace, with_kubeconfig, with_context)


def with_beginning(*, timeout_seconds: float) -> Callable[[Command], Command]:
    """Give a command the options to begin a rotation, and how long it is followed by default."""
    timeout = click.option(
        "--timeout",
        "timeout_seconds",
        type=click.FloatRange(min=0, min_open=True),
        default=timeout_seconds,
        show_default=True,
        metavar="SECONDS",
        help="Longest time to follow it.",
    )

    def give(command: Command) -> Command:
        return _give(command, *_BEGINNING, timeout, with_color, *_PLACE)

    return give


def with_place(command: Command) -> Command:
    """Give a command the options of where the policies are."""
    return _give(command, *_PLACE)


def check_options(*, follows: bool, is_dry: bool, waits: bool, generation: int | None) -> None:
    """End with what is wrong about options that do not go together."""
    if follows and (is_dry or not waits):
        fail(["--follow writes nothing and waits: leave --dry-run and --no-wait out."])
    if generation is not None and not follows:
        fail(["--generation is for --follow alone: a rotation raises the number by one."])


def _give(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    """Options are shown in the order in which they are given here."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command

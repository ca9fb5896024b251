"""Command lines of roottrust, held against the commands that there are."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import click

from roottrust.cli.main import main


def check_roottrust(words: Sequence[str], *, is_mention: bool = False) -> None:
    """Raise UsageError if the words behind `roottrust` are no command line of it.

    Where it is only mentioned it may lack its last words, as in "`roottrust rotate` does that".
    """
    _check(list(words), main, None, is_mention=is_mention)


def check_line(line: str, *, is_mention: bool = False) -> None:
    """Raise UsageError if a line, as it would be typed, is no command line of it."""
    check_roottrust(shlex.split(line, comments=True)[1:], is_mention=is_mention)


def _check(
    words: list[str], command: click.Command, parent: click.Context | None, *, is_mention: bool
) -> None:
    context = click.Context(command, parent=parent, info_name=command.name, **main.context_settings)
    try:
        values, rest, _ = command.make_parser(context).parse_args(args=words)
    except click.BadOptionUsage:
        if is_mention:
            return  # an option without its value
        raise
    if isinstance(command, click.Group) and rest:
        _, following, left = command.resolve_command(context, rest)
        assert following is not None
        _check(left, following, context, is_mention=is_mention)
        return
    if isinstance(command, click.Group) and not (is_mention or values.get("help")):
        raise click.UsageError(f"{command.name} needs a command")
    if rest:
        raise click.UsageError(f"unexpected: {' '.join(rest)}")
    for parameter in command.get_params(context):
        value = values.get(parameter.name or "")
        is_there = isinstance(value, (str, tuple, list)) and bool(value)
        if _must_be_there(parameter) and not (is_there or is_mention or values.get("help")):
            raise click.UsageError(f"missing: {parameter.human_readable_name}")
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            parameter.type.convert(value, parameter, context)


def _must_be_there(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument) and parameter.required

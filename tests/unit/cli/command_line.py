"""Whether a command line is one of ours: what docs and helps show can be typed."""

from __future__ import annotations

import shlex

import click

from roottrust.cli.main import main


def parse_line(line: str) -> None:
    """Raise UsageError if a command line is none."""
    _parse(shlex.split(line, comments=True)[1:], main)


def _parse(words: list[str], command: click.Command, context: click.Context | None = None) -> None:
    found = click.Context(command, parent=context, info_name=command.name, **main.context_settings)
    rest = command.make_parser(found).parse_args(args=words)[1]
    if isinstance(command, click.Group) and rest:
        name, following, left = command.resolve_command(found, rest)
        assert name
        assert following
        _parse(left, following, found)
    else:
        assert rest == []

"""The commands of docs/runbooks.md: roottrust has them, with these options."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from roottrust.cli.main import main
from tests.session import REPOSITORY

PAGE = (REPOSITORY / "docs/runbooks.md").read_text()
COMMANDS = re.findall(r"^roottrust .+$|(?<=`)roottrust [a-z][^`]*(?=`)", PAGE, re.MULTILINE)


def parse(words: list[str], command: click.Command, context: click.Context | None = None) -> None:
    """Raise UsageError if a command line is none."""
    found = click.Context(command, parent=context, info_name=command.name)
    rest = command.make_parser(found).parse_args(args=words)[1]
    if isinstance(command, click.Group) and rest:
        name, following, left = command.resolve_command(found, rest)
        assert name
        assert following
        parse(left, following, found)
    else:
        assert rest == []


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_a_command_is_one(line: str) -> None:
    parse(shlex.split(line, comments=True)[1:], main)


def test_they_are_found() -> None:
    assert len(COMMANDS) > 10


def test_what_is_no_command_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        parse(["rotate", "root", "--folow"], main)

"""The commands of docs/runbooks.md: roottrust has them, with these options."""

from __future__ import annotations

import re

import click
import pytest

from tests.session import REPOSITORY
from tests.unit.cli.command_line import parse_line

PAGE = (REPOSITORY / "docs/runbooks.md").read_text()
COMMANDS = re.findall(r"^roottrust .+$|(?<=`)roottrust [a-z][^`]*(?=`)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_a_command_is_one(line: str) -> None:
    parse_line(line)


def test_they_are_found() -> None:
    assert len(COMMANDS) > 10


def test_what_is_no_command_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        parse_line("roottrust rotate root --folow")

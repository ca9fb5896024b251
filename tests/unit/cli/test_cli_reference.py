"""The reference of the command line, and what the help of every command has to tell."""

from __future__ import annotations

import re

import click
import pytest

from roottrust.cli.cli_reference import render_page, walk
from roottrust.cli.main import main
from tests.session import REPOSITORY
from tests.unit.docs.roottrust_command import check_line

COMMANDS = dict(walk(main, "roottrust"))
ALL = pytest.mark.parametrize("name", COMMANDS)
LINE = re.compile(r"^ +(?:[^|\n]*\| )?(?:kubectl )?(roottrust .*?)(?:  .*| [|>].*)?$", re.MULTILINE)
# Those of a pod have an example of a container instead.
IN_PODS = {"roottrust operator", "roottrust init-container", "roottrust sidecar", "roottrust agent"}


def list_examples(command: click.Command) -> list[str]:
    return LINE.findall((command.help or "").replace("\\\n", ""))


def test_the_page_is_made_from_the_commands() -> None:
    page = REPOSITORY / "docs/reference/cli.md"
    assert page.read_text() == render_page(), "run `make crds`"


@ALL
def test_it_is_in_the_page_with_each_of_its_options(name: str) -> None:
    section = render_page().split(f"\n## {name}\n")[1].split("\n## ")[0]
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option):
            assert all(f"{word}" in section for word in (*each.opts, *each.secondary_opts))


@ALL
def test_each_of_its_examples_is_a_command(name: str) -> None:
    examples = list_examples(COMMANDS[name])
    assert examples or name in IN_PODS
    for each in examples:
        check_line(each)


@ALL
def test_it_tells_its_exit_codes(name: str) -> None:
    command = COMMANDS[name]
    assert isinstance(command, click.Group) or "Exit codes" in (command.help or "")


@ALL
def test_each_of_its_options_tells_what_it_is(name: str) -> None:
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option):
            assert re.fullmatch(r"([A-Z]|istiod|manage:).*[.]", each.help or ""), each.opts


def test_words_stay_as_they_are() -> None:
    page = render_page()
    assert "`--token-hours INTEGER RANGE` | `48` |" in page
    assert "| $HELM_NAMESPACE |" in page
    assert "\b" not in page

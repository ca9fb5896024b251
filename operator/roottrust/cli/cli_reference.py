"""Writes docs/reference/cli.md: `python -m roottrust.cli.cli_reference`."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from inspect import cleandoc
from itertools import groupby

import click

from roottrust.api.generated import run
from roottrust.cli.main import main

_INTRODUCTION = """\
<!-- Made by `python -m roottrust.cli.cli_reference` from the commands' own help. -->

# The command line

What `roottrust COMMAND --help` says, for all commands. `kubectl roottrust COMMAND` is the same, as
a plugin of kubectl. The result is written to stdout, all else to stderr, so that `-o json` can be
piped; the JSON is told on the page of its command: [plan](../plan.md), [status](../status.md),
[verify](../verify.md), [doctor](../doctor.md).

Each command tells its exit codes. Those that look at something: 0 all is well, 1 it failed or is
not known, 2 something was found. Those that do something: 0 done, 1 failed, 2 wrong command line.
Where 2 says that something was found, and for `rotate` and `vault-policy`, a wrong command line
is 1.
"""

# What tells click to leave a paragraph as it is.
_AS_IT_IS = "\b"


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and all below it with their whole names."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name, **main.context_settings)
        for each in command.list_commands(context):
            if found := command.get_command(context, each):
                yield from walk(found, f"{name} {each}")


def render_page() -> str:
    """Return the page."""
    sections = (_render_command(name, command) for name, command in walk(main, "roottrust"))
    return "\n".join([_INTRODUCTION, *sections])


def _render_command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, **main.context_settings)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## {name}", f"```text\n{usage}\n```", *_render_help(command.help or "")]
    if isinstance(command, click.Group):
        parts.append(_render_commands(name, command, context))
    if options := _render_options(command, context):
        parts.append(options)
    return "\n\n".join(parts) + "\n"


def _render_help(text: str) -> Iterator[str]:
    """Yield paragraphs: words as they flow, and what is indented as it is written."""
    for paragraph in cleandoc(text).replace(_AS_IT_IS, "").split("\n\n"):
        lines = paragraph.splitlines()
        for is_code, run_of_lines in groupby(lines, key=lambda line: line.startswith("  ")):
            words = "\n".join(run_of_lines)
            if is_code:
                yield f"```text\n{textwrap.dedent(words)}\n```"
            elif words.strip():
                yield _escape(words)


def _render_commands(name: str, group: click.Group, context: click.Context) -> str:
    rows = []
    for each in group.list_commands(context):
        found = group.get_command(context, each)
        brief = found.get_short_help_str(limit=200) if found else ""
        rows.append(f"| [{name} {each}](#{f'{name} {each}'.replace(' ', '-')}) | {_cell(brief)} |")
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def _render_options(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            extra = parameter.get_help_extra(context)
            meaning, _, told = (parameter.help or "").partition("Default: ")
            bounds = f"`{extra['range']}`" if "range" in extra else ""
            default = "required" if parameter.required else _code(extra.get("default", ""))
            cells = (
                _code(record[0]),
                default or _cell(told).removesuffix("."),
                _cell(f"{meaning} {bounds}"),
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *rows]) if rows else ""


def _code(words: str) -> str:
    return f"`{words.replace('|', ', ')}`" if words else ""


def _cell(text: str) -> str:
    return _escape(" ".join(text.split())).replace("|", "\\|")


def _escape(text: str) -> str:
    """Leave words as they are where Markdown would take them for its own."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*<\[\]])", r"\\\1", part) for part in parts
    )


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files={"cli.md": render_page()},
            program=__spec__.name,
            default="docs/reference",
        )
    )

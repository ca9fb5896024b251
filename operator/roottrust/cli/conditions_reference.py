"""Writes docs/reference/conditions.md: `python -m roottrust.cli.conditions_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from roottrust.api.generated import run
from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reason_guide.conditions import (
    KIND_GUIDES,
    OF_COMMANDS,
    ConditionGuide,
    KindGuide,
)
from roottrust.domain.reason_guide.guide import TOPICS
from roottrust.domain.reasons import Reason

_INTRODUCTION = """\
<!-- Made by `python -m roottrust.cli.conditions_reference` from domain/reason_guide. -->

# Conditions and reasons

What a condition of each kind means, and for each reason what to do next. The `message` beside a
reason is about the very case, with its names and mostly the command: read it first. `roottrust
status` and `roottrust doctor` show both for a whole fleet.

A condition is `True`, `False` where a person has to do something, or `Unknown` where it may pass by
itself or cannot be told. Events have the same reasons.
"""
_NOTHING = "\N{EN DASH}"
_TABLE = "| reason | what it means | what to do |\n|---|---|---|"
_OF_KIND = "| condition | True means | reasons |\n|---|---|---|"


def render_page() -> str:
    """Return the page."""
    kinds = (_render_kind(each) for each in KIND_GUIDES)
    commands = f"Commands and logs say as well: {_link(OF_COMMANDS)}."
    topics = (_render_topic(each) for each in TOPICS)
    return "\n".join([_INTRODUCTION, *kinds, commands, "", *topics])


def _render_kind(guide: KindGuide) -> str:
    rows = [_render_condition(each) for each in guide.conditions]
    parts = [f"## {guide.kind}", "\n".join([_OF_KIND, *rows])]
    if guide.events:
        parts.append(f"Events have these as well: {_link(guide.events)}.")
    parts += [f"{where} {_link(reasons)}." for where, reasons in guide.elsewhere]
    return "\n\n".join(parts) + "\n"


def _render_condition(guide: ConditionGuide) -> str:
    reasons = _link(guide.reasons) + (f"; {guide.also}" if guide.also else "")
    return f"| `{guide.type}` | {guide.meaning} | {reasons} |"


def _render_topic(topic: Topic) -> str:
    rows = (_render_reason(reason, advice) for reason, advice in topic.advice.items())
    about = f"{topic.about} Why it matters: {topic.why}." if topic.why else topic.about
    return "\n\n".join([f"## {topic.title}", about, "\n".join([_TABLE, *rows])]) + "\n"


def _render_reason(reason: Reason, advice: Advice) -> str:
    name = f'<a id="{_anchor(reason)}"></a>`{reason}`'
    return f"| {name} | {advice.meaning} | {advice.tell_fix() or _NOTHING} |"


def _link(reasons: Iterable[Reason]) -> str:
    return ", ".join(f"[{each}](#{_anchor(each)})" for each in reasons)


def _anchor(reason: Reason) -> str:
    return reason.lower()


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files={"conditions.md": render_page()},
            program=__spec__.name,
            default="docs/reference",
        )
    )

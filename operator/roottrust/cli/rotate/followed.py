"""What is shown of a rotation while it goes on: on stderr, for stdout has the result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import click

from roottrust.cli.live_screen import LiveScreen
from roottrust.cli.status.report import StatusReport
from roottrust.cli.terminal import has_colours


class Progress(Protocol):
    """How far a rotation is; `waits_for` is None once nothing is left to follow."""

    @property
    def waits_for(self) -> str | None:
        """What it waits for, as a sentence."""

    @property
    def is_faulty(self) -> bool:
        """Whether that needs a person."""


P = TypeVar("P", bound=Progress)


@dataclass(frozen=True, kw_only=True)
class View(Generic[P]):
    """How a kind of rotation is judged by a report of its policy alone, and shown.

    `render` gives a tree with colours, `list_lines` the same for a log in which only what is new is
    to be written.
    """

    judge: Callable[[StatusReport], P]
    render: Callable[[P], str]
    list_lines: Callable[[P], Iterable[str]]


class FollowedRotation(Generic[P]):
    """Redraws a tree on a terminal; in a log each line is written when it is new."""

    def __init__(self, view: View[P], *, color: str) -> None:
        self._view = view
        self._screen = LiveScreen(sys.stderr)
        self._has_colours = has_colours(color)
        self._known: frozenset[str] = frozenset()

    def show(self, progress: P) -> None:
        """Show how far it is now."""
        if self._screen.is_terminal:
            text = self._view.render(progress)
            self._screen.show(text if self._has_colours else click.unstyle(text))
            return
        lines = tuple(self._view.list_lines(progress))
        for line in lines:
            if line not in self._known:
                click.echo(line, err=True)
        self._known = frozenset(lines)

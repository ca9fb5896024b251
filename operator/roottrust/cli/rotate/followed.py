"""What is shown of a rotation while it goes on: on stderr, for stdout has the result."""

from __future__ import annotations

import sys

import click

from roottrust.cli.live_screen import LiveScreen
from roottrust.cli.rotate.progress import RotationProgress
from roottrust.cli.rotate.render import list_lines, render_progress
from roottrust.cli.terminal import has_colours


class FollowedRotation:
    """Redraws a tree on a terminal; in a log each line is written when it is new."""

    def __init__(self, *, color: str) -> None:
        self._screen = LiveScreen(sys.stderr)
        self._has_colours = has_colours(color)
        self._known: frozenset[str] = frozenset()

    def show(self, progress: RotationProgress) -> None:
        """Show how far it is now."""
        if self._screen.is_terminal:
            text = render_progress(progress)
            self._screen.show(text if self._has_colours else click.unstyle(text))
            return
        lines = tuple(list_lines(progress))
        for line in lines:
            if line not in self._known:
                click.echo(line, err=True)
        self._known = frozenset(lines)

"""What `--watch` shows: the tree in its place on a terminal, each change elsewhere."""

from __future__ import annotations

import sys

import click

from roottrust.cli.live_screen import LiveScreen
from roottrust.cli.status.render import render_report
from roottrust.cli.status.report import Result, StatusReport
from roottrust.cli.terminal import has_colours
from roottrust.domain.errors import RootTrustError


class WatchedStatus:
    """Shows one state after the other; `result` is what the last one came to."""

    def __init__(self, *, output: str, color: str) -> None:
        self._screen = LiveScreen(sys.stdout)
        self._is_json = output == "json"
        self._has_colours = has_colours(color)
        self._known: StatusReport | None = None
        self._failure: str | None = None
        self.result = Result.UNFINISHED

    def show(self, state: StatusReport | RootTrustError) -> None:
        """Show a state if anything but its time is another, or why there is none."""
        if isinstance(state, RootTrustError):
            self._show_failure(state)
        elif self._is_json:
            self._show_json(state)
        else:
            text = render_report(state)
            self._screen.show(text if self._has_colours else click.unstyle(text))
        if isinstance(state, StatusReport):
            self.result, self._failure = state.result, None

    def _show_json(self, report: StatusReport) -> None:
        """Write a report in a line of its own, so that programs read one after the other."""
        before, self._known = self._known, report
        if before is None or before.model_copy(update={"read_at": report.read_at}) != report:
            click.echo(report.model_dump_json(by_alias=True))

    def _show_failure(self, error: RootTrustError) -> None:
        before, self._failure = self._failure, error.message
        self.result = Result.UNFINISHED
        if before == error.message:
            return
        if self._screen.is_terminal and not self._is_json:
            self._screen.show(f"{error.message} What was shown before is not known to hold.\n")
        else:
            click.echo(f"Error: {error.message}", err=True)

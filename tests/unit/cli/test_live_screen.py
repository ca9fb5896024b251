"""A text that changes, on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import termios
from io import StringIO

import click
import pytest

from roottrust.cli.live_screen import LiveScreen, measure_terminal

CLEAR = "\r\033[J"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def build(columns: int = 80, height: int = 24) -> tuple[Terminal, LiveScreen]:
    terminal = Terminal()
    return terminal, LiveScreen(terminal, size=lambda _: (columns, height))


def test_a_terminal_has_one_text_in_the_place_of_the_other() -> None:
    terminal, screen = build()
    screen.show("one\ntwo\n")
    screen.show("three\n")
    assert terminal.getvalue() == f"{CLEAR}one\ntwo\n\033[2A{CLEAR}three\n"


def test_the_same_text_is_not_written_again() -> None:
    terminal, screen = build()
    screen.show("one\n")
    screen.show("one\n")
    assert terminal.getvalue() == f"{CLEAR}one\n"


def test_lines_that_a_terminal_wraps_are_counted_as_it_shows_them() -> None:
    terminal, screen = build(columns=10)
    screen.show(click.style("x" * 21, fg="red") + "\n")
    screen.show("y\n")
    assert "\033[3A" in terminal.getvalue()


def test_what_has_no_room_is_told_and_not_written() -> None:
    terminal, screen = build(height=4)
    screen.show("1\n2\n3\n4\n5\n")
    assert terminal.getvalue() == f"{CLEAR}1\n2\n… and 3 more lines\n"
    terminal, screen = build(height=4)
    screen.show("1\n2\n3\n")
    assert terminal.getvalue() == f"{CLEAR}1\n2\n3\n"


def test_a_pipeline_gets_every_text_and_no_controls() -> None:
    pipe = StringIO()
    screen = LiveScreen(pipe)
    for text in ("one\n", "one\n", "two\n"):
        screen.show(text)
    assert pipe.getvalue() == "one\ntwo\n"


def test_the_size_is_that_of_the_stream_or_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LINES", "50")
    assert measure_terminal(StringIO()) == (200, 50)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as stream:
        assert measure_terminal(stream) == (200, 50)  # a terminal that does not know its size
        termios.tcsetwinsize(theirs, (40, 120))
        assert measure_terminal(stream) == (120, 40)

"""How the demo tells what it does: in colours on a terminal, plain elsewhere."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.text import Text


class Narrator:
    """Prints chapters, the commands that really run, and what came of them."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._chapters = 0
        self._names: dict[str, str] = {}
        self._is_brief = False

    def abbreviate(self, long: str, short: str) -> None:
        """Have commands show one word for another: they are read by people."""
        self._names[long] = short

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Open a chapter, and tell at its end how long it took."""
        self._chapters += 1
        started = time.monotonic()
        self._console.print()
        self._print(f"{self._chapters}. {title}", "bold cyan")
        yield
        self._print(f"   {time.monotonic() - started:.1f} s", "dim")

    @contextmanager
    def briefly(self) -> Iterator[None]:
        """Tell nothing but what is as it should be: the rest is told elsewhere."""
        self._is_brief = True
        try:
            yield
        finally:
            self._is_brief = False

    def say(self, text: str) -> None:
        """Explain something."""
        if not self._is_brief:
            self._print(text)

    def good(self, text: str) -> None:
        """Tell that something is as it should be."""
        self._print(f"✓ {text}", "green")

    def command(self, words: Sequence[str]) -> None:
        """Show a command as a person would type it."""
        if self._is_brief:
            return
        text = " ".join(map(_quote, words))
        for long, short in self._names.items():
            text = text.replace(long, short)
        self._print(f"$ {text}", "bold")

    def output(self, text: str) -> None:
        """Show what a command printed."""
        if self._is_brief:
            return
        for line in text.rstrip().splitlines():
            self._print(f"  {line}", "dim")

    def coloured(self, text: str) -> None:
        """Show what a command printed in its own colours."""
        for line in text.rstrip().splitlines():
            self._console.print(Text("  ") + Text.from_ansi(line))

    def beside(self, text: str, *, seconds: float) -> None:
        """Show a line of a command that goes on while other things are told, and when it came."""
        self._print(f"{seconds:4.0f} s │ {text}", "dim")

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show on a terminal that something goes on, while it does."""
        with self._console.status(f"{text} …") if self.is_terminal else nullcontext():
            yield

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person watches it."""
        return self._console.is_terminal

    def ask(self, question: str) -> bool:
        """Ask a person; where there is none to answer, the command line was the answer."""
        if not self.is_terminal:
            return True
        return self._console.input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style))


def _quote(word: str) -> str:
    """Quote for a shell only what needs it, so that commands stay readable."""
    return word if all(c.isalnum() or c in "-_./=:@,+" for c in word) else shlex.quote(word)

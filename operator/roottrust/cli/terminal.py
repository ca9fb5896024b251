"""What commands have in common that people and pipelines call: usage, notes, colours, clusters."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click

from roottrust.runtime import colours

EXIT_FAILED = 1
EXIT_USAGE = 2


class PlainExitCommand(click.Command):
    """Wrong usage is 1 here: 2 says that something was found out."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the command line."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            error.show()
            sys.exit(EXIT_FAILED)


def find_kubeconfig() -> Path | None:
    """Return the one that kubectl uses where nothing is named, None where something else counts."""
    path = Path.home() / ".kube" / "config"
    is_named = "KUBECONFIG" in os.environ or "KUBERNETES_SERVICE_HOST" in os.environ
    return path if not is_named and path.exists() else None


def has_colours(color: str) -> bool:
    """Tell whether stdout is to be coloured, for `auto`, `always` or `never`."""
    if color != "auto":
        return color == "always"
    return colours.has_colours(sys.stdout)


def tell(note: str) -> None:
    """Tell what a person should know beside the result."""
    click.echo(f"Note: {note}", err=True)


def fail(lines: Iterable[str], *, exit_code: int = EXIT_FAILED) -> NoReturn:
    """Tell why there is no result, and end."""
    for line in lines:
        click.echo(f"Error: {line}", err=True)
    sys.exit(exit_code)

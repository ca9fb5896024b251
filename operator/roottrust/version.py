"""Which version this is: the installed package knows, and pyproject.toml alone says it."""

from __future__ import annotations

from importlib.metadata import version


def read_version() -> str:
    """Return the version that is installed."""
    return version("roottrust")

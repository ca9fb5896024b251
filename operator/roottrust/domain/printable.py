"""Text that others may have written, made fit for a terminal."""

from __future__ import annotations


def make_printable(text: str) -> str:
    """Return text without what a terminal would obey: others may have written it."""
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

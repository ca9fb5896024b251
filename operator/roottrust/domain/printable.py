"""Text that others may have written, made fit for a terminal, which may obey a part of it."""

from __future__ import annotations

_BLOT = "\N{REPLACEMENT CHARACTER}"


def make_printable(text: str) -> str:
    """Return text with what cannot be printed written out by its code."""
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def blot_out(text: str) -> str:
    """Return text of the same length with a blot in place of each character that is not printed."""
    return "".join(each if each.isprintable() else _BLOT for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

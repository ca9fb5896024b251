"""Lines of the tree: each begins with a sign, and its colour, for how well something is."""

from __future__ import annotations

import click

from roottrust.domain.health import Health
from roottrust.domain.printable import make_printable

SIGNS = {
    Health.GOOD: ("✓", "green"),
    Health.WARNING: ("!", "yellow"),
    Health.UNKNOWN: ("?", "yellow"),
    Health.BAD: ("✗", "red"),
}

_FINGERPRINT_SHOWN = 16


def build_line(health: Health, name: str, words: str, *, is_title: bool = False) -> str:
    """Return a line; others may have written what it tells of."""
    sign, colour = SIGNS[health]
    subject = make_printable(name)
    if is_title:
        subject = click.style(subject, bold=True)
    return f"{click.style(sign, fg=colour, bold=True)} {subject}: {make_printable(words)}"


def show_fingerprint(fingerprint: str) -> str:
    """Return as much of a certificate's SHA-256 as tells it from others."""
    return f"SHA-256 {fingerprint[:_FINGERPRINT_SHOWN]}…"

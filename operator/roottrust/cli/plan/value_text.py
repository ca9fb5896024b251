"""Values as a terminal shows them: on one line, not too long, and without control characters."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from roottrust.cli.status.sign import show_fingerprint
from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.printable import make_printable

MAX_LENGTH = 120
UNSET = "(not set)"

_PEM = "-----BEGIN CERTIFICATE-----"


def is_document(before: Any, after: Any) -> bool:
    """Whether a change is to be read line by line."""
    texts = [each for each in (before, after) if isinstance(each, str)]
    return any("\n" in each.strip() and _PEM not in each for each in texts)


def render_value(value: Any) -> str:
    """Return a value in one line."""
    match value:
        case None:
            return UNSET
        case bool():
            return str(value).lower()
        case str() if _PEM in value:
            return _describe_certificates(value)
        case str():
            return _shorten(value) or '""'
        case list():
            return _shorten(f"[{', '.join(render_value(each) for each in value)}]")
        case dict():
            pairs = ", ".join(f"{key}: {render_value(each)}" for key, each in value.items())
            return _shorten(f"{{{pairs}}}")
        case _:
            return _shorten(str(value))


def diff_lines(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """Return sign and text of each line of a unified diff: `+`, `-`, `@` or a blank."""
    old = before.splitlines() if isinstance(before, str) else []
    new = after.splitlines() if isinstance(after, str) else []
    lines = difflib.unified_diff(old, new, n=3, lineterm="")
    for line in list(lines)[2:]:
        if line.startswith("@"):
            if old and new:
                yield "@", line
        else:
            yield line[0], make_printable(line[1:])


def _shorten(text: str) -> str:
    line = make_printable(" ".join(text.split("\n")).strip())
    return line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…"


def _describe_certificates(pem: str) -> str:
    try:
        found = parse_certificates(pem)
    except UnreadableCertificateError:
        return f"(PEM of {len(pem.splitlines())} lines)"
    shown = (f"{_shorten(each.subject)}, {show_fingerprint(each.fingerprint)}" for each in found)
    return f"(certificate {'; '.join(shown)})"

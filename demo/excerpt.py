"""What matters of long output, so that it can be read while it passes."""

from __future__ import annotations

import json


def read_messages(log: str) -> str:
    """Read the messages of a log in JSON; other lines stay as they are."""
    return "\n".join(_read_message(line) for line in log.splitlines())


def _read_message(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line

"""What matters of long output, so that it can be read while it passes."""

from __future__ import annotations

import json
import re

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def shorten_certificates(text: str) -> str:
    """Leave out the base64 of certificates."""
    return _PEM.sub("-----BEGIN CERTIFICATE----- …", text)


def skip_to_status(described: str) -> str:
    """Leave out what `kubectl describe` prints between the name and the status."""
    before, mark, status = described.partition("\nStatus:")
    return f"{before.splitlines()[0]}\n…{mark}{status}" if mark else described


def read_messages(log: str) -> str:
    """Read the messages of a log in JSON; other lines stay as they are."""
    return "\n".join(_read_message(line) for line in log.splitlines())


def _read_message(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line

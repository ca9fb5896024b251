"""Taking secrets out of text that other programs wrote, before people or logs see it."""

from __future__ import annotations

import re

from roottrust.domain.printable import blot_out

REDACTED = "[redacted]"

_CREDENTIAL_OF_VAULT = r"\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}"
_JWT = r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
_BEARER = r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}"
_PRIVATE_KEY = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)"
_PEM = r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)"

_SECRETS = re.compile(f"{_PRIVATE_KEY}|{_CREDENTIAL_OF_VAULT}|{_JWT}|{_BEARER}", re.DOTALL)
_ANY_PEM = re.compile(_PEM, re.DOTALL)

# Looking for secrets takes the square of a length that whoever answers may choose.
_READ_MAX = 4096


def redact_secrets(text: str) -> str:
    """Replace Vault tokens, JWTs, bearer credentials and private keys."""
    return _SECRETS.sub(REDACTED, text)


def build_sentence(text: str) -> str:
    """Make a foreign answer the end of a sentence of ours."""
    line = build_one_line(text)
    return line if line.endswith(".") else f"{line}."


def build_one_line(text: str, *, limit: int = 300) -> str:
    """Make a foreign answer fit for a condition: no secrets or PEM, one printable line, bounded."""
    text = text[: max(_READ_MAX, limit)]
    line = blot_out(" ".join(redact_secrets(_ANY_PEM.sub(REDACTED, text)).split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"

"""Taking out of anything what could be a secret, also where it is encoded or lies in a field.

It is a last defence: nothing secret is to be in what it is given.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from roottrust.domain.redaction import REDACTED, redact_secrets

_NESTED_MAX = 3
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]{40,}")
_USER_INFO = re.compile(r"(?<=://)[^\s/@]+@")
_NAMES = frozenset(
    {
        "clientkeydata",
        "clienttoken",
        "idtoken",
        "kubeconfig",
        "password",
        "privatekey",
        "refreshtoken",
        "roleid",
        "secretid",
        "token",
        "tokenreviewerjwt",
    }
)
# `token: x`, `secret_id=x`: text may be a file of a program's.
_ASSIGNED = re.compile(
    r"(?i)(\b(?:[a-z]+[_-])*(?:token|password|passwd|secret[_-]?id|client-key-data)"
    r"[\"']?\s*[:=]\s*[\"']?)([^\s\"',}]{6,})"
)


def redact(value: Any) -> Any:
    """Return the same with everything taken out that looks like a secret, in keys as well."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {redact_text(str(name)): _redact_field(name, each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact(each) for each in value]
    return value


def redact_text(text: str) -> str:
    """Return a text without secrets, plain, assigned, or in base64 of base64."""
    plain = _USER_INFO.sub(f"{REDACTED}@", redact_secrets(text))
    assigned = _ASSIGNED.sub(lambda found: f"{found[1]}{REDACTED}", plain)
    return _ENCODED.sub(lambda found: _redact_encoded(found[0]), assigned)


def _redact_field(name: Any, value: Any) -> Any:
    is_secret = re.sub(r"[^a-z]", "", str(name).lower()) in _NAMES
    return REDACTED if is_secret and isinstance(value, str) and value else redact(value)


def _redact_encoded(text: str) -> str:
    return REDACTED if _hides_secret(text, depth=_NESTED_MAX) else text


def _hides_secret(text: str, *, depth: int) -> bool:
    """Whether a text that may be base64 holds a secret, however often it is encoded."""
    for decoded in _decode(text):
        if redact_secrets(decoded) != decoded or _ASSIGNED.search(decoded):
            return True
        if depth and any(_hides_secret(each, depth=depth - 1) for each in _find_runs(decoded)):
            return True
    return False


def _find_runs(text: str) -> list[str]:
    return _ENCODED.findall(text)


def _decode(text: str) -> Iterator[str]:
    """Return what it may be an encoding of: other characters may stand before it in one run."""
    body = text.replace("=", "").replace("-", "+").replace("_", "/")
    for shift in range(4):
        part = body[shift:]
        part = part[: len(part) - len(part) % 4] or part
        with contextlib.suppress(binascii.Error):
            yield base64.b64decode(part).decode("utf-8", errors="replace")
    if _HEX.fullmatch(body):
        yield bytes.fromhex(body[: len(body) // 2 * 2]).decode("utf-8", errors="replace")

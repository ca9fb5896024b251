"""Namespaces of Vault: by their full path without slashes at the ends, the topmost one empty.

Every function that reads what a person wrote raises InvalidSpecError, reason InvalidPath.
"""

from __future__ import annotations

import re

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason

MAX_LENGTH = 256

_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
# Vault gives these names to no namespace; `root` in the header means its top, whatever comes then.
RESERVED_SEGMENTS = frozenset({"audit", "auth", "cubbyhole", "identity", "root", "sys"})
_SHOWN_LENGTH = 100


def parse_namespace(text: str | None, *, default: str) -> str:
    """Return the namespace that is written, as X-Vault-Namespace takes it, or else the default."""
    if text is None:
        return default
    namespace = text.strip("/")
    if len(namespace) > MAX_LENGTH:
        raise _fault(text, f"it is longer than {MAX_LENGTH} characters")
    for segment in namespace.split("/"):
        _check_segment(text, segment)
    return namespace


def is_within(namespace: str, outer: str) -> bool:
    """Tell whether a namespace is another one, or below it."""
    return not outer or namespace == outer or namespace.startswith(f"{outer}/")


def describe_namespace(namespace: str) -> str:
    """Return a namespace for people."""
    return namespace or "the root namespace"


def _check_segment(text: str, segment: str) -> None:
    if not segment:
        raise _fault(text, "leave out empty segments; leave the field out for the operator's own")
    if not _SEGMENT.fullmatch(segment):
        raise _fault(text, "use ASCII letters, digits and the characters - _ . alone")
    if segment == "." or ".." in segment:
        raise _fault(text, "leave out '.' and '..'")
    if segment.lower() in RESERVED_SEGMENTS:
        raise _fault(text, f"{segment!r} is no namespace's name: write the path below the topmost")


def _fault(text: str, fix: str) -> InvalidSpecError:
    shown = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    return InvalidSpecError(f"Vault namespace {shown!r}: {fix}.", reason=Reason.INVALID_PATH)

"""Structured logs that say which policy, cluster and mesh they are about, and hold no secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from roottrust.domain.redaction import redact_secrets

_CONTEXT: ContextVar[dict[str, str] | None] = ContextVar("roottrust_log_context", default=None)

_JSON_FIELDS = "%(message)s %(levelname)s %(name)s"
_TEXT_LINE = "%(asctime)s %(levelname)-7s %(name)s%(context)s %(message)s"

# What these say at INFO is for their developers.
_QUIET = {
    "kopf": logging.WARNING,
    "urllib3": logging.WARNING,
    "hvac": logging.WARNING,
    "requests": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "kubernetes": logging.WARNING,
    "asyncio": logging.WARNING,
}


@contextmanager
def bind_context(
    *, policy: str | None = None, cluster: str | None = None, mesh: str | None = None
) -> Iterator[None]:
    """Add fields to every line that is logged inside, also by tasks started inside."""
    given = {"policy": policy, "cluster": cluster, "mesh": mesh}
    added = {key: value for key, value in given.items() if value is not None}
    token = _CONTEXT.set({**(_CONTEXT.get() or {}), **added})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def configure_logs(
    *, form: Literal["json", "text"], level: str, stream: TextIO | None = None
) -> None:
    """Send all logs of the process to one stream, redacted."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_RedactingFormatter(_build_formatter(form)))
    handler.addFilter(_add_text if form == "text" else _add_fields)
    root = logging.getLogger()
    root.handlers = [handler]
    # Or they come between the lines, in a form of their own.
    logging.captureWarnings(capture=True)
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    _silence_signal_notice()


class _RedactingFormatter(logging.Formatter):
    """Redacts finished lines, with their traces and fields: the last defence."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact_secrets(self._inner.format(record))


def _build_formatter(form: Literal["json", "text"]) -> logging.Formatter:
    if form == "text":
        return logging.Formatter(_TEXT_LINE)
    formatter: logging.Formatter = JsonFormatter(
        _JSON_FIELDS,
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
    )
    return formatter


def _add_fields(record: logging.LogRecord) -> bool:
    for key, value in (_CONTEXT.get() or {}).items():
        setattr(record, key, value)
    return True


def _add_text(record: logging.LogRecord) -> bool:
    fields = _CONTEXT.get() or {}
    record.context = "".join(f" {key}={value}" for key, value in fields.items())
    return True


def _silence_signal_notice() -> None:
    """Drop kopf's warning that it handles no signals: they are ours to handle."""
    logging.getLogger("kopf._core.reactor.running").addFilter(_is_not_signal_notice)


def _is_not_signal_notice(record: logging.LogRecord) -> bool:
    return "OS signals are ignored" not in record.getMessage()

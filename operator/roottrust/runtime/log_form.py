"""The two forms of a log line: an object for programs, and text for people at a terminal."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from roottrust.domain.printable import make_printable
from roottrust.domain.redaction import redact_secrets
from roottrust.runtime.log_context import FIELDS, get_context

OWN_LOGGERS = "roottrust."

_PLAIN = re.compile(r"""[^\s"'=]+""")
_RESET, _DIM = "\033[0m", "\033[2m"
_COLOURS = {"WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[1;31m"}


class JsonForm(logging.Formatter):
    """One object a line; a trace is a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "time": _show_moment(record, "milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact_secrets(record.getMessage()),
            **_find_fields(record),
        }
        trace = _find_trace(record)
        return json.dumps({**told, "trace": trace} if trace else told, ensure_ascii=False)


class ConsoleForm(logging.Formatter):
    """One line, the message first and then the fields; a trace follows it, indented."""

    def __init__(self, *, is_coloured: bool) -> None:
        super().__init__()
        self._is_coloured = is_coloured

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment, level = _show_moment(record, "seconds"), f"{record.levelname:<8}"
        fields = _find_fields(record)
        if not record.name.startswith(OWN_LOGGERS):
            fields["logger"] = record.name
        shown = " ".join(f"{name}={_quote(value)}" for name, value in fields.items())
        line = " ".join(
            (
                self._paint(moment, _DIM),
                self._paint(level, _COLOURS.get(record.levelname, "")),
                make_printable(" ".join(redact_secrets(record.getMessage()).split())),
            )
        )
        line += "  " + self._paint(shown, _DIM) if shown else ""
        trace = _find_trace(record)
        return "\n    ".join([line, *map(make_printable, trace.splitlines())])

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self._is_coloured and colour else text


def _show_moment(record: logging.LogRecord, precision: str) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _find_fields(record: logging.LogRecord) -> dict[str, str]:
    """Return what a line is about: what it says itself goes before what its work says."""
    own, context = vars(record), get_context()
    found = {name: own.get(name) or context.get(name) for name in FIELDS}
    return {name: redact_secrets(str(value)) for name, value in found.items() if value}


def _find_trace(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return redact_secrets(logging.Formatter().formatException(record.exc_info))


def _quote(value: str) -> str:
    return value if _PLAIN.fullmatch(value) and value.isprintable() else json.dumps(value)

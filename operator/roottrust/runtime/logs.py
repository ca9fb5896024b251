"""Logs of a process: one stream, one form, redacted; libraries and what nobody caught as well."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Literal, TextIO

from roottrust.runtime.colours import has_colours
from roottrust.runtime.log_form import ConsoleForm, JsonForm

LogForm = Literal["json", "console"]

logger = logging.getLogger(__name__)

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


def configure_logs(*, form: LogForm | None, level: str, stream: TextIO | None = None) -> None:
    """Send all logs of the process to one stream; without a form it is the stream that decides."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(_build_form(form, target))
    root = logging.getLogger()
    root.handlers = [handler]
    # Or they come between the lines, in a form of their own.
    logging.captureWarnings(capture=True)
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    _silence_signal_notice()


def log_uncaught() -> None:
    """Have failures that nobody caught logged as all others, those of threads as well."""
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _build_form(form: LogForm | None, stream: TextIO) -> logging.Formatter:
    """Return a person's form at a terminal, a program's elsewhere, unless one is asked for."""
    if form == "console" or (form is None and stream.isatty()):
        return ConsoleForm(is_coloured=has_colours(stream))
    return JsonForm()


def _log_uncaught(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, failure, trace)
        return
    logger.critical("bug: %s ends the process", kind.__name__, exc_info=(kind, failure, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    failure = args.exc_value or args.exc_type()
    info = (args.exc_type, failure, args.exc_traceback)
    name = args.thread.name if args.thread else "of no name"
    logger.critical("bug: %s ends the thread %s", args.exc_type.__name__, name, exc_info=info)


def _silence_signal_notice() -> None:
    """Drop kopf's warning that it handles no signals: they are ours to handle."""
    logging.getLogger("kopf._core.reactor.running").addFilter(_is_not_signal_notice)


def _is_not_signal_notice(record: logging.LogRecord) -> bool:
    return "OS signals are ignored" not in record.getMessage()

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from roottrust.runtime.log_context import bind_context
from roottrust.runtime.logs import configure_logs, log_uncaught

TOKEN = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"
CUT_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq"
LINE = re.compile(r"(?P<time>\S+Z) (?P<level>[A-Z]+) +(?P<text>\S.*)")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger() -> logging.Logger:
    return logging.getLogger("roottrust.test")


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_hold_the_context(stream: io.StringIO, logger: logging.Logger) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    with bind_context(policy="ns/p", cluster="c1"):
        with bind_context(mesh="m", object="Pod a/b"):
            logger.info("inner %d", 1)
        logger.info("outer", extra={"cluster": "c2", "reason": "Sealed"})
    logger.info("none")
    inner, outer, none = read(stream)
    assert (inner["message"], inner["level"], inner["logger"]) == (
        "inner 1",
        "INFO",
        "roottrust.test",
    )
    assert list(inner) == [
        "time",
        "level",
        "logger",
        "message",
        "policy",
        "cluster",
        "mesh",
        "object",
    ]
    assert (inner["policy"], inner["cluster"], inner["mesh"]) == ("ns/p", "c1", "m")
    assert (outer["policy"], outer["cluster"], outer["reason"]) == ("ns/p", "c2", "Sealed")
    assert "mesh" not in outer
    assert set(none) == {"message", "level", "logger", "time"}


def test_what_is_empty_is_no_field(stream: io.StringIO, logger: logging.Logger) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    with bind_context(policy="ns/p", cluster=""):
        logger.info("x", extra={"mesh": ""})
    assert set(read(stream)[0]) == {"message", "level", "logger", "time", "policy"}


@pytest.mark.parametrize("form", ["json", "console"])
def test_times_are_of_utc(stream: io.StringIO, logger: logging.Logger, form: Any) -> None:
    configure_logs(form=form, level="INFO", stream=stream)
    logger.info("x")
    found = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", stream.getvalue())
    assert found is not None
    age = datetime.now().astimezone() - datetime.fromisoformat(found[0])
    assert abs(age) < timedelta(minutes=5)


def test_a_trace_is_one_field(stream: io.StringIO, logger: logging.Logger) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    logger.error("bug", exc_info=RuntimeError("a\nb"))
    (line,) = read(stream)
    assert line["message"] == "bug"
    assert line["trace"].endswith("RuntimeError: a\nb")


def test_a_console_line_is_readable_and_has_the_fields_at_its_end(
    stream: io.StringIO, logger: logging.Logger
) -> None:
    configure_logs(form="console", level="INFO", stream=stream)
    with bind_context(policy="ns/p", mesh="m"):
        logger.warning("It is\n sealed.", extra={"reason": "Sealed", "object": 'Pod "a"\033'})
    found = LINE.fullmatch(stream.getvalue().removesuffix("\n"))
    assert found is not None
    assert found["level"] == "WARNING"
    assert found["text"] == (
        'It is sealed.  policy=ns/p mesh=m object="Pod \\"a\\"\\u001b" reason=Sealed'
    )


def test_a_console_shows_traces_below_their_line_and_whose_a_foreign_line_is(
    stream: io.StringIO,
) -> None:
    configure_logs(form="console", level="INFO", stream=stream)
    logging.getLogger("kopf.x").error("stumbled", exc_info=RuntimeError("\033[2J"))
    first, *trace = stream.getvalue().splitlines()
    assert first.endswith("stumbled  logger=kopf.x")
    assert trace == ["    RuntimeError: \\x1b[2J"]


def test_a_terminal_has_colours_and_the_form_for_people(logger: logging.Logger) -> None:
    terminal = Terminal()
    configure_logs(form=None, level="INFO", stream=terminal)
    with bind_context(policy="ns/p"):
        logger.warning("x")
    assert "\033[33mWARNING" in terminal.getvalue()
    assert "policy=ns/p" in terminal.getvalue()


@pytest.mark.parametrize(("variable", "text"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_whoever_wants_no_colours_has_none(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    terminal = Terminal()
    configure_logs(form=None, level="INFO", stream=terminal)
    logger.error("x")
    assert "\033" not in terminal.getvalue()


def test_elsewhere_the_form_is_that_for_programs(
    stream: io.StringIO, logger: logging.Logger
) -> None:
    configure_logs(form=None, level="INFO", stream=stream)
    logger.info("x")
    assert read(stream)[0]["message"] == "x"


async def test_context_belongs_to_its_task(stream: io.StringIO) -> None:
    configure_logs(form="json", level="INFO", stream=stream)

    async def work(name: str) -> None:
        with bind_context(policy=name):
            await asyncio.sleep(0)
            logging.getLogger("t").info("at %s", name)

    await asyncio.gather(work("a"), work("b"))
    assert [f"at {line['policy']}" == line["message"] for line in read(stream)] == [True, True]


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("secret", [TOKEN, CUT_KEY])
def test_secrets_are_redacted_everywhere(
    form: Any, secret: str, stream: io.StringIO, logger: logging.Logger
) -> None:
    configure_logs(form=form, level="INFO", stream=stream)
    logger.info("token %s", secret)
    logger.info("extra", extra={"answer": {"token": secret}, "reason": secret})
    logger.error("bug", exc_info=RuntimeError(secret))
    told = stream.getvalue()
    assert secret.splitlines()[-1] not in told
    assert "[redacted]" in told
    assert "RuntimeError" in told
    if form == "json":
        assert len(read(stream)) == 3


def test_libraries_are_quiet_and_have_the_same_form(stream: io.StringIO) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    logging.getLogger("kopf.objects").info("chatter")
    logging.getLogger("urllib3.connectionpool").info("chatter")
    logging.getLogger("kopf._core.reactor.running").warning(
        "OS signals are ignored: running not in the main thread."
    )
    logging.getLogger("kopf.x").warning("matters", extra={"k8s_ref": {"name": "x"}})
    (line,) = read(stream)
    assert set(line) == {"time", "level", "logger", "message"}
    assert line["message"] == "matters"


def test_warnings_of_python_are_lines_as_well(stream: io.StringIO) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nways", DeprecationWarning, stacklevel=1)
    (line,) = read(stream)
    assert (line["logger"], line["level"]) == ("py.warnings", "WARNING")


def test_what_nobody_caught_is_a_line_as_well(stream: io.StringIO) -> None:
    configure_logs(form="json", level="INFO", stream=stream)
    log_uncaught()
    thread = threading.Thread(target=lambda: [][1], name="watch")
    thread.start()
    thread.join()
    sys.excepthook(ValueError, ValueError("x"), None)
    of_thread, of_process = read(stream)
    assert of_thread["message"] == "bug: IndexError ends the thread watch"
    assert "IndexError" in of_thread["trace"]
    assert of_process["message"] == "bug: ValueError ends the process"
    assert of_process["level"] == "CRITICAL"

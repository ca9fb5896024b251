from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from roottrust.runtime.logs import bind_context, configure_logs

TOKEN = "hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_hold_the_context() -> None:
    stream = io.StringIO()
    configure_logs(form="json", level="INFO", stream=stream)
    logger = logging.getLogger("roottrust.test")
    with bind_context(policy="ns/p", cluster="c1"):
        with bind_context(mesh="m"):
            logger.info("inner %d", 1)
        logger.info("outer")
    logger.info("none")
    inner, outer, none = read(stream)
    assert (inner["message"], inner["level"]) == ("inner 1", "INFO")
    assert (inner["policy"], inner["cluster"], inner["mesh"]) == ("ns/p", "c1", "m")
    assert "mesh" not in outer
    assert "policy" not in none
    assert set(none) == {"message", "level", "logger", "time"}


async def test_context_belongs_to_its_task() -> None:
    stream = io.StringIO()
    configure_logs(form="text", level="INFO", stream=stream)

    async def work(name: str) -> None:
        with bind_context(policy=name):
            await asyncio.sleep(0)
            logging.getLogger("t").info("at %s", name)

    await asyncio.gather(work("a"), work("b"))
    lines = stream.getvalue().splitlines()
    assert sum("policy=a at a" in line or "policy=b at b" in line for line in lines) == 2


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_are_redacted_everywhere(form: Any) -> None:
    stream = io.StringIO()
    configure_logs(form=form, level="INFO", stream=stream)
    logger = logging.getLogger("roottrust.test")
    logger.info("token %s", TOKEN)
    logger.info("extra", extra={"answer": {"token": TOKEN}})
    logger.error("bug", exc_info=RuntimeError(TOKEN))
    assert TOKEN not in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()


def test_libraries_are_quiet() -> None:
    stream = io.StringIO()
    configure_logs(form="json", level="INFO", stream=stream)
    logging.getLogger("kopf.objects").info("chatter")
    logging.getLogger("urllib3.connectionpool").info("chatter")
    logging.getLogger("kopf._core.reactor.running").warning(
        "OS signals are ignored: running not in the main thread."
    )
    logging.getLogger("kopf.x").warning("matters")
    assert [line["message"] for line in read(stream)] == ["matters"]

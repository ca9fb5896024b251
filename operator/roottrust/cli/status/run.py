"""One run of `roottrust status`: once, or again and again until somebody ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.reader import StatusReader
from roottrust.cli.status.report import StatusReport
from roottrust.domain.errors import RootTrustError

WATCH_SECONDS = 2.0

Show = Callable[[StatusReport | RootTrustError], None]


async def read_status(reader: StatusReader, *, now: Callable[[], datetime]) -> StatusReport:
    """Return the tree as it is now; raises RootTrustError."""
    found = await reader.read()
    return build_report(found, read_at=now())


async def watch_status(
    reader: StatusReader,
    show: Show,
    *,
    now: Callable[[], datetime],
    every_seconds: float = WATCH_SECONDS,
) -> NoReturn:
    """Show the tree until this is cancelled; raises RootTrustError if it cannot even begin.

    What goes wrong later is shown as well, and may pass by itself.
    """
    show(await read_status(reader, now=now))
    while True:
        await asyncio.sleep(every_seconds)
        try:
            show(await read_status(reader, now=now))
        except RootTrustError as error:
            show(error)

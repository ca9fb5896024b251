"""Events on their way out: what is to be done goes before what is to be told.

No reconcile waits for them. While keys are due they are held back for some seconds, so that a fleet
which starts is Ready first and talks about it then.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from roottrust.domain.transition import Transition
from roottrust.kube.event_manifest import EventType
from roottrust.kube.events import identify
from roottrust.runtime.clock import Timer, sleep
from roottrust.runtime.log_context import bind_context, get_context

logger = logging.getLogger(__name__)

LIMIT = 10_000
LONGEST_WAIT_SECONDS = 10.0
FLUSH_SECONDS = 5.0

_LOOK_SECONDS = 0.1


class PostEvent(Protocol):
    """Has an event posted."""

    async def __call__(
        self, involved: Mapping[str, Any], *, type_: EventType, reason: str, message: str
    ) -> None:
        """Have it posted."""


async def post_transitions(
    post: PostEvent, involved: Mapping[str, Any], transitions: Iterable[Transition]
) -> None:
    """Have each of the changes of an object told by an event on it."""
    for each in transitions:
        await post(
            involved,
            type_="Normal" if each.is_normal else "Warning",
            reason=each.reason,
            message=each.message,
        )


class SendEvent(Protocol):
    """Posts one event, at best effort; `about` is what the work was about that it tells of."""

    async def __call__(
        self,
        involved: Mapping[str, Any],
        *,
        type_: EventType,
        reason: str,
        message: str,
        about: Mapping[str, str],
    ) -> None:
        """Post it."""


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    since: float
    involved: Mapping[str, Any]
    type_: EventType
    reason: str
    message: str
    about: Mapping[str, str]


class EventQueue:
    """Takes events over at once and posts them one by one; of too many the oldest are dropped.

    Each is a line of the log as well: there it stays, and in its place among all others.
    """

    def __init__(
        self, post: SendEvent, *, is_busy: Callable[[], bool], timer: Timer | None = None
    ) -> None:
        self._post = post
        self._is_busy = is_busy
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque(maxlen=LIMIT)
        self._has_arrived = asyncio.Event()

    async def post_event(
        self, involved: Mapping[str, Any], *, type_: EventType, reason: str, message: str
    ) -> None:
        """Have an event posted soon."""
        event = _Waiting(
            since=self._timer.time(),
            involved=identify(involved),
            type_=type_,
            reason=reason,
            message=message,
            about=get_context(),
        )
        level = logging.WARNING if type_ == "Warning" else logging.INFO
        logger.log(level, "%s", message, extra={"reason": reason})
        self._waiting.append(event)
        self._has_arrived.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Post until the stop."""
        posting = asyncio.create_task(self._post_all())
        try:
            await stop.wait()
        finally:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)

    async def flush(self) -> None:
        """Post what is left, as far as there is time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                while self._waiting:
                    await self._post_next()

    async def _post_all(self) -> None:
        while True:
            await self._has_arrived.wait()
            self._has_arrived.clear()
            while self._waiting:
                if self._is_held_back():
                    await sleep(self._timer, _LOOK_SECONDS)
                else:
                    await self._post_next()

    def _is_held_back(self) -> bool:
        waited = self._timer.time() - self._waiting[0].since
        return waited < LONGEST_WAIT_SECONDS and self._is_busy()

    async def _post_next(self) -> None:
        event = self._waiting.popleft()
        try:
            with bind_context(**event.about):
                await self._post(
                    event.involved,
                    type_=event.type_,
                    reason=event.reason,
                    message=event.message,
                    about=event.about,
                )
        except asyncio.CancelledError:
            self._waiting.appendleft(event)
            raise
        except Exception:
            logger.exception("bug: an event could not be posted")

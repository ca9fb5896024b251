"""What a recorder does to the requests that it meets, on their way there and on their way back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_READS = {"GET", "HEAD", "LIST"}
# A login of the operator, what becomes of its token, and a look at its rights change nothing for
# anybody else.
_OWN = ("/v1/auth/token/", "/login", "/selfsubjectaccessreviews")


@dataclass(kw_only=True)
class Call:
    """One request; `number` counts writes, `at` is monotonic, `status` is what was answered.

    It is over when its answer, or none, has gone back.
    """

    method: str
    path: str
    at: float
    number: int
    status: int | None = None
    is_over: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_read(self) -> bool:
        return self.method in _READS

    @property
    def is_write(self) -> bool:
        return not self.is_read and not any(each in self.path for each in _OWN)

    @property
    def has_happened(self) -> bool:
        """Whether the server did what was asked."""
        return self.is_write and self.status is not None and self.status < 300

    def is_number(self, number: int) -> bool:
        """Whether it is the write of that number."""
        return self.is_write and self.number == number


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered instead of the server."""

    status: int
    body: Mapping[str, Any] = field(default_factory=lambda: {"errors": ["made up by a test"]})
    headers: Mapping[str, str] = field(default_factory=dict)


class CutError(Exception):
    """The connection is to be cut without an answer."""


class Interference:
    """Nothing at all: every request passes."""

    async def meet(self, call: Call) -> Answer | None:
        """Meet a request: return what to answer instead of passing it on. May raise CutError."""
        del call
        return None

    async def meet_answer(self, call: Call) -> None:
        """Meet its answer before it is passed on. May raise CutError."""

    def release(self) -> None:
        """Hold nothing any more."""


class HoldAnswer(Interference):
    """Keeps an answer until it is released."""

    def __init__(self, matches: Callable[[Call], bool]) -> None:
        self._matches = matches
        self._free = threading.Event()
        self.reached = threading.Event()

    async def meet_answer(self, call: Call) -> None:
        if not self._matches(call) or self._free.is_set():
            return
        self.reached.set()
        await asyncio.to_thread(self._free.wait)

    def release(self) -> None:
        self._free.set()


class _AtWrite(Interference):
    """Does something once, at the write of a number."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._is_over = False
        self.reached = threading.Event()

    def _is_it(self, call: Call) -> bool:
        if self._is_over or not call.is_number(self._number):
            return False
        self._is_over = True
        return True


class KillBefore(_AtWrite):
    """The sender dies as it sends: the write never happens."""

    def __init__(self, number: int, kill: Callable[[], None]) -> None:
        super().__init__(number)
        self._kill = kill

    async def meet(self, call: Call) -> Answer | None:
        if self._is_it(call):
            self._kill()
            self.reached.set()
            raise CutError
        return None


class KillAfter(_AtWrite):
    """The sender dies when the write has happened, and never learns of it."""

    def __init__(self, number: int, kill: Callable[[], None]) -> None:
        super().__init__(number)
        self._kill = kill

    async def meet_answer(self, call: Call) -> None:
        if self._is_it(call):
            self._kill()
            self.reached.set()
            raise CutError


class LoseAnswer(_AtWrite):
    """The write happens, and its sender is told nothing."""

    async def meet_answer(self, call: Call) -> None:
        if self._is_it(call):
            self.reached.set()
            raise CutError


class RefuseOnce(_AtWrite):
    """The write is refused, and everything else passes."""

    def __init__(self, number: int, answer: Answer) -> None:
        super().__init__(number)
        self._answer = answer

    async def meet(self, call: Call) -> Answer | None:
        if not self._is_it(call):
            return None
        self.reached.set()
        call.status = self._answer.status
        return self._answer


class AnswerInstead(Interference):
    """Some requests are answered here for as long as it lasts."""

    def __init__(self, matches: Callable[[Call], bool], answer: Answer) -> None:
        self._matches = matches
        self._answer = answer

    async def meet(self, call: Call) -> Answer | None:
        if not self._matches(call):
            return None
        call.status = self._answer.status
        return self._answer


class Delay(Interference):
    """Every answer takes its time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def meet(self, call: Call) -> Answer | None:
        del call
        await asyncio.sleep(self._seconds)
        return None

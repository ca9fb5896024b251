"""Work that goes on beside the story, so that nobody waits for what can overlap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from testbed import interrupt

T = TypeVar("T")


class Background(Generic[T]):
    """Runs something in a thread; its result is asked for later."""

    _begun: ClassVar[list[threading.Thread]] = []

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._begun.append(self._thread)
        self._thread.start()

    def result(self) -> T:
        """Wait for its end and return what came of it; raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    @classmethod
    def stop_all(cls) -> None:
        """End what still goes on, with the programs that it runs, and wait for that."""
        interrupt.request()
        while cls._begun:
            cls._begun.pop().join()
        interrupt.reset()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001  whoever asks for the result is told
            self._error = error

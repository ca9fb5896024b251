"""People outside the mesh who call its workloads all the while, and note what fails and when."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

A_SECOND = 10
PORT = 8080
# Longer than a relay waits for those behind it, so that it can say what it met.
TIMEOUT_SECONDS = 12.0
# What both sides say of a peer whose certificate they do not trust.
TRUST = ("CERTIFICATE_VERIFY_FAILED", "UNKNOWN_CA", "did not trust")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: when it began, where, what was wrong (empty if nothing was), how long it took."""

    at: datetime
    entry: str
    error: str = ""
    seconds: float = 0.0

    @property
    def is_mistrusted(self) -> bool:
        """Whether it failed because somebody did not trust a peer."""
        return any(word in self.error for word in TRUST)

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S.%f} {self.entry}, {self.seconds:.2f} s: {self.error}"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What became of the calls in a part of the time."""

    name: str
    seconds: float
    total: int
    failed: Mapping[str, int]  # by entry
    failures: Sequence[Call]

    def __str__(self) -> str:
        failed = ", ".join(f"{count} by {entry}" for entry, count in self.failed.items()) or "none"
        return f"{self.name:<45} {self.seconds:6.1f} s {self.total:5} calls, failed: {failed}"


@dataclass
class Calls:
    """All of them."""

    made: list[Call] = field(default_factory=list)

    def divide(self, beginnings: Mapping[str, datetime], end: datetime) -> list[Phase]:
        """Return the phases by their names and beginnings, each of which ends with the next one."""
        borders = [*beginnings.items(), ("", end)]
        return [
            self._describe(name, begun, ended) for (name, begun), (_, ended) in pairwise(borders)
        ]

    def _describe(self, name: str, begun: datetime, ended: datetime) -> Phase:
        calls = [each for each in self.made if begun <= each.at < ended]
        failed = [each for each in calls if each.error]
        return Phase(
            name=name,
            seconds=(ended - begun).total_seconds(),
            total=len(calls),
            failed=Counter(each.entry for each in failed),
            failures=failed,
        )


@contextmanager
def call_all_the_while(entries: Mapping[str, str], expected: str) -> Iterator[Calls]:
    """Call the entries at their addresses; each has to answer with the identity behind it."""
    calls, stop = Calls(), threading.Event()

    def go_on(entry: str, address: str) -> None:
        while not stop.is_set():
            begun = time.monotonic()
            at = datetime.now(UTC)
            error = _call(address, expected)
            seconds = time.monotonic() - begun
            calls.made.append(Call(at=at, entry=entry, error=error, seconds=seconds))
            stop.wait(max(0.0, begun + 1 / A_SECOND - time.monotonic()))

    threads = [threading.Thread(target=go_on, args=each) for each in entries.items()]
    for each in threads:
        each.start()
    try:
        yield calls
    finally:
        stop.set()
        for each in threads:
            each.join()


def _call(address: str, expected: str) -> str:
    """Return what was wrong."""
    try:
        with socket.create_connection((address, PORT), timeout=TIMEOUT_SECONDS) as connection:
            said = connection.recv(1024).decode()
    except OSError as error:
        return f"no answer: {type(error).__name__}"
    return "" if said == expected else said or "no answer"

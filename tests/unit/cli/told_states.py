"""What commands would read of a management cluster: one state after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.reader import Choice
from roottrust.domain.errors import RootTrustError


@dataclass
class ToldStates:
    """The states, and which policies were meant; after the last one somebody presses Ctrl-C."""

    states: list[FoundObjects | RootTrustError] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    async def read(self) -> FoundObjects:
        if not self.states:
            raise KeyboardInterrupt
        state = self.states.pop(0)
        if isinstance(state, RootTrustError):
            raise state
        return state


@dataclass
class NotedStates(ToldStates):
    """Those of a cluster of which there is something to note."""

    @asynccontextmanager
    async def open(self, choice: Choice, *, tell: Callable[[str], None]) -> AsyncIterator[Any]:
        self.choices.append(choice)
        tell("a note")
        yield self

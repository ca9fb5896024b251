"""What commands would read of a management cluster: one state after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

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

"""A management cluster that tells one state after the other, and takes edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.cli.rotate import following, intermediate, root, run, steer
from roottrust.cli.status.found import FoundObjects
from roottrust.cli.status.reader import Choice
from roottrust.domain.errors import RootTrustError


@dataclass
class StandIn:
    """What is read, one state after the other; after the last one somebody presses Ctrl-C.

    `refusals` are what edits meet, one after the other.
    """

    states: list[FoundObjects | RootTrustError] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    patches: list[tuple[Any, ...]] = field(default_factory=list)
    refusals: list[RootTrustError] = field(default_factory=list)

    async def read(self) -> FoundObjects:
        if not self.states:
            raise KeyboardInterrupt
        state = self.states.pop(0)
        if isinstance(state, RootTrustError):
            raise state
        return state

    async def write(self, policy: Any, patch: tuple[Any, ...], choice: Choice) -> None:
        assert policy["metadata"]["name"]
        assert choice.operator_namespace
        if self.refusals:
            raise self.refusals.pop(0)
        self.patches.append(patch)

    @asynccontextmanager
    async def open(self, choice: Choice, *, tell: Any) -> AsyncIterator[Any]:
        assert callable(tell)
        self.choices.append(choice)
        yield self


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()

    async def sleep(_: float) -> None:
        """Wait for nothing."""

    for module in (following, intermediate, root):
        monkeypatch.setattr(module, "open_reader", stand_in.open)
    for module in (intermediate, root, steer):
        monkeypatch.setattr(module, "write_patch", stand_in.write)
    monkeypatch.setattr(run.asyncio, "sleep", sleep)
    return stand_in

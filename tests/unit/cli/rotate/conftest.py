"""A management cluster that tells one state after the other, and takes edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from roottrust.cli.rotate import (
    compromised_intermediates,
    following,
    intermediate,
    order_writing,
    root,
    run,
)
from roottrust.cli.status.reader import Choice
from roottrust.domain.errors import RootTrustError
from tests.unit.cli.told_states import ToldStates


@dataclass
class StandIn(ToldStates):
    """What is read and written.

    `refusals` are what edits meet, one after the other.
    """

    patches: list[tuple[Any, ...]] = field(default_factory=list)
    refusals: list[RootTrustError] = field(default_factory=list)

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

    for module in (compromised_intermediates, following, intermediate, order_writing):
        monkeypatch.setattr(module, "open_reader", stand_in.open)
    for module in (compromised_intermediates, intermediate, root, order_writing):
        monkeypatch.setattr(module, "write_patch", stand_in.write)
    monkeypatch.setattr(run.asyncio, "sleep", sleep)
    return stand_in

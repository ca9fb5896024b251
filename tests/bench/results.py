"""What the benchmark finds out about one fleet."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench.counts import Counts
from tests.bench.floor import Floor


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """Seconds of processors, by whose they were."""

    operator: float
    vault: float
    kubernetes: float

    def __sub__(self, before: Cpu) -> Cpu:
        return Cpu(
            operator=self.operator - before.operator,
            vault=self.vault - before.vault,
            kubernetes=self.kubernetes - before.kubernetes,
        )


@dataclass(frozen=True, kw_only=True)
class Start:
    """From nothing in Vault to all policies Ready.

    `seconds` begin when the operator begins to work, before it asks for its Lease and before its
    first request to Vault; `process_seconds` begin when its process is started.
    """

    floor: Floor
    seconds: float
    process_seconds: float
    counts: Counts
    cpu: Cpu

    @property
    def ratio(self) -> float:
        """How many times the floor it took."""
        return self.seconds / self.floor.seconds


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One pass over all policies in which nothing has changed."""

    floor: Floor
    seconds: float
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Objects broken by hand, to all as before."""

    objects: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Another process of the operator, which finds everything as it should be."""

    seconds: float
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Everything about one fleet; `statuses` is a bare client's time for all status writes."""

    count: int
    start: Start
    idle: Pass
    repair: Repair
    restart: Restart
    statuses: Floor
    peak_mb: float

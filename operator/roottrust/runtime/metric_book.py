"""The metrics of a process, each with what its reference page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Process(StrEnum):
    """Who has a metric."""

    HUB = "hub"
    CLUSTER = "cluster role"
    AGENT = "agent"


class MetricType(StrEnum):
    """Prometheus's types that are used."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


OPERATOR = (Process.HUB, Process.CLUSTER)


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """One metric, under the name that it is scraped by."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    type: MetricType = MetricType.GAUGE
    processes: tuple[Process, ...] = OPERATOR

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries ask for."""
        if self.type is MetricType.HISTOGRAM:
            return tuple(f"{self.name}_{each}" for each in ("bucket", "count", "sum"))
        return (self.name,)


class MetricBook:
    """Makes metrics in one registry and keeps what they mean."""

    def __init__(self, registry: CollectorRegistry, *, processes: tuple[Process, ...]) -> None:
        self._registry = registry
        self._processes = processes
        self._infos: list[MetricInfo] = []

    @property
    def infos(self) -> tuple[MetricInfo, ...]:
        """All of them, by name."""
        return tuple(sorted(self._infos, key=lambda each: each.name))

    def note(self, *infos: MetricInfo) -> None:
        """Take in metrics that a collector of its own makes."""
        self._infos.extend(infos)

    def counter(
        self, name: str, meaning: str, labels: Sequence[str] = (), *, of: Process | None = None
    ) -> Counter:
        """Make a counter; its name ends in `_total`."""
        self._add(name, meaning, labels, MetricType.COUNTER, of)
        return Counter(name, meaning, labels, registry=self._registry)

    def gauge(
        self, name: str, meaning: str, labels: Sequence[str] = (), *, of: Process | None = None
    ) -> Gauge:
        """Make a gauge."""
        self._add(name, meaning, labels, MetricType.GAUGE, of)
        return Gauge(name, meaning, labels, registry=self._registry)

    def info(self, name: str, meaning: str, **labels: str) -> None:
        """Make a gauge that is always 1, and says something by its labels."""
        self.gauge(name, meaning, tuple(labels)).labels(**labels).set(1)

    def histogram(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float],
        of: Process | None = None,
    ) -> Histogram:
        """Make a histogram."""
        self._add(name, meaning, labels, MetricType.HISTOGRAM, of)
        return Histogram(name, meaning, labels, buckets=buckets, registry=self._registry)

    def _add(
        self, name: str, meaning: str, labels: Sequence[str], type_: MetricType, of: Process | None
    ) -> None:
        self.note(
            MetricInfo(
                name=name,
                meaning=meaning,
                labels=tuple(labels),
                type=type_,
                processes=(of,) if of else self._processes,
            )
        )

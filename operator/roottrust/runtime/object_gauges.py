"""Gauges of objects that come and go: made when they are asked for, not kept for each value.

A thousand policies have thousands of them, and prometheus_client takes a kilobyte for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from roottrust.runtime.metric_book import MetricInfo


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a gauge."""

    metric: MetricInfo
    labels: tuple[str, ...]
    value: float


class ObjectGauges(Collector):
    """What is known of each object, all of it replaced at once."""

    def __init__(self, *metrics: MetricInfo) -> None:
        self.infos = metrics
        self._readings: dict[tuple[str, ...], tuple[Reading, ...]] = {}

    def set(self, subject: tuple[str, ...], readings: Iterable[Reading]) -> None:
        """Show this of an object, and nothing that was shown of it before."""
        self._readings[subject] = tuple(readings)

    def forget(self, subject: tuple[str, ...]) -> None:
        """Show nothing more of an object that is gone."""
        self._readings.pop(subject, None)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metrics, so that they can be asked for alone."""
        yield from (_build_family(each) for each in self.infos)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return what they are now."""
        families = {each.name: _build_family(each) for each in self.infos}
        for readings in self._readings.values():
            for each in readings:
                families[each.metric.name].add_metric(each.labels, each.value)
        yield from families.values()


def _build_family(metric: MetricInfo) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)

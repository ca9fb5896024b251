"""The metric of objects' conditions: made when it is asked for, not kept for each condition.

A thousand policies have eight thousand of them, and prometheus_client takes a kilobyte for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from roottrust.runtime.metric_book import MetricInfo, Process

_VALUES = {"True": 1, "False": 0}
_UNKNOWN = -1


class ConditionStates(Collector):
    """`roottrust_NOUN_condition_state` of all objects that are known by these labels."""

    def __init__(self, noun: str, *, labels: tuple[str, ...], of: Process) -> None:
        self.info = MetricInfo(
            name=f"roottrust_{noun}_condition_state",
            meaning="1 for a condition that is True, 0 for False, -1 for Unknown.",
            labels=(*labels, "condition"),
            processes=(of,),
        )
        self._statuses: dict[tuple[str, ...], Mapping[str, str]] = {}

    def set(self, subject: tuple[str, ...], statuses: Mapping[str, str]) -> None:
        """Show these conditions of an object, and no others."""
        self._statuses[subject] = statuses

    def forget(self, subject: tuple[str, ...]) -> None:
        """Show nothing more of an object that is gone."""
        self._statuses.pop(subject, None)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metric, so that it can be asked for alone."""
        yield self._build_family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return what it is now."""
        family = self._build_family()
        for subject, statuses in self._statuses.items():
            for condition, status in statuses.items():
                value = _VALUES.get(status, _UNKNOWN)
                family.add_metric([*subject, condition], value)
        yield family

    def _build_family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self.info.name, self.info.meaning, labels=self.info.labels)

"""The metric of policies' conditions: made when it is asked for, not kept for each condition.

A thousand policies have eight thousand of them, and prometheus_client takes a kilobyte for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_VALUES = {"True": 1, "False": 0}
_UNKNOWN = -1


class PolicyConditions(Collector):
    """`roottrust_policy_condition_state` of all policies."""

    def __init__(self) -> None:
        self._statuses: dict[tuple[str, str], Mapping[str, str]] = {}

    def set(self, *, namespace: str, policy: str, statuses: Mapping[str, str]) -> None:
        """Show these conditions of a policy, and no others."""
        self._statuses[namespace, policy] = statuses

    def forget(self, *, namespace: str, policy: str) -> None:
        """Show nothing more of a policy that is gone."""
        self._statuses.pop((namespace, policy), None)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metric, so that it can be asked for alone."""
        yield _build_family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return what it is now."""
        family = _build_family()
        for (namespace, policy), statuses in self._statuses.items():
            for condition, status in statuses.items():
                value = _VALUES.get(status, _UNKNOWN)
                family.add_metric([namespace, policy, condition], value)
        yield family


def _build_family() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "roottrust_policy_condition_state",
        "1 true, 0 false, -1 unknown.",
        labels=["namespace", "policy", "condition"],
    )

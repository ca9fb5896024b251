"""The metrics of rotations of roots: which stage, since when, and how many clusters are left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_LABELS = ("namespace", "policy", "stage")


@dataclass(frozen=True, kw_only=True)
class RotationState:
    """The stage of one policy's root, when it began, and how many clusters it waits for."""

    stage: str
    started_at: datetime
    waiting: int


class RotationStates(Collector):
    """Of each policy whose root is rotated; of others there is nothing."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._states: dict[tuple[str, str], RotationState] = {}

    def set(self, namespace: str, policy: str, state: RotationState | None) -> None:
        """Show how far a rotation is, None for a policy without one."""
        if state is None:
            self._states.pop((namespace, policy), None)
        else:
            self._states[namespace, policy] = state

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metrics, so that they can be asked for alone."""
        yield from self._build_families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return what they are now."""
        stage, age, waiting = self._build_families()
        for (namespace, policy), state in self._states.items():
            labels = [namespace, policy, state.stage]
            stage.add_metric(labels, 1)
            age.add_metric(labels, max((self._now() - state.started_at).total_seconds(), 0.0))
            waiting.add_metric(labels, state.waiting)
        yield from (stage, age, waiting)

    @staticmethod
    def _build_families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        name = "roottrust_root_rotation"
        return (
            GaugeMetricFamily(f"{name}_stage_state", "1 for the stage under way.", labels=_LABELS),
            GaugeMetricFamily(f"{name}_stage_seconds", "How long it has lasted.", labels=_LABELS),
            GaugeMetricFamily(
                f"{name}_waiting_clusters", "Clusters that it waits for.", labels=_LABELS
            ),
        )

"""The mirror of a Mesh in the cluster of the hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.clusters.registration import HOME
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object, list_objects

LABEL = "internal.gloo.solo.io/mirror-of"
KIND = "meshes.internal.gloo.solo.io"


@dataclass(frozen=True)
class Mirror:
    """One of them, which may not be there yet."""

    hub: Cluster
    name: str

    def read(self) -> dict[str, Any] | None:
        """Return it as it is, None if it is not there."""
        return find_object(self.hub, "meshes", HOME, self.name)

    def wait_for(
        self, holds: Callable[[dict[str, Any]], bool] = bool, *, seconds: float = 30.0
    ) -> dict[str, Any]:
        """Return it once it is there and as it should be."""
        found = wait_for(self.read, lambda found: bool(found and holds(found)), seconds=seconds)
        assert found is not None
        return found

    def wait_until_current(self, status: str = "True", *, seconds: float = 60.0) -> dict[str, Any]:
        """Return its condition Current once it has a status."""
        found = self.wait_for(
            lambda found: read_condition(found, "Current").get("status") == status, seconds=seconds
        )
        return read_condition(found, "Current")

    def wait_until_alone(self) -> None:
        """Wait until there is no other mirror."""

        def list_names() -> list[str]:
            found = list_objects(self.hub, "meshes", HOME, labels=LABEL)
            return [each["metadata"]["name"] for each in found]

        wait_for(list_names, lambda found: found == [self.name], seconds=120)

    def wait_until_gone(self) -> None:
        wait_for(self.read, lambda found: found is None)


def read_condition(found: dict[str, Any], type_: str) -> dict[str, Any]:
    """Return a condition, an empty one where there is none."""
    conditions = found.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == type_), {})


def count_writes(operator: OperatorProcess) -> float:
    """Return how often it has written Meshes since its start."""
    return operator.sum_metric("roottrust_kubernetes_writes_total", kind=KIND)

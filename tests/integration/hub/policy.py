"""One RootTrustPolicy on the real API server: applied, read, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.waiting import DEADLINE_SECONDS, wait_for
from tests.integration.kube_api import find_object, list_objects, read_object
from tests.integration.kube_writes import (
    apply_object,
    delete_and_wait,
    delete_object,
    patch_object,
)
from tests.integration.manifests.table import change, read_base

KIND = "roottrustpolicies"
Condition = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy by its name; what it says is applied by `apply`."""

    cluster: Cluster
    namespace: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    def kubectl(self, *words: str) -> str:
        """Run kubectl in the policy's namespace."""
        return self.cluster.kubectl(*words, "-n", self.namespace).stdout

    def apply(self, changes: dict[str, Any]) -> None:
        """Apply the guide's manifest under this name, with changes by path."""
        named = {"metadata.name": self.name, "metadata.namespace": self.namespace}
        manifest = change(read_base("guide"), {**changes, **named})
        apply_object(self.cluster, manifest)

    def annotate(self, annotation: str) -> None:
        name, _, value = annotation.partition("=")
        patch = {"metadata": {"annotations": {name: value}}}
        patch_object(self.cluster, KIND, self.namespace, self.name, patch)

    def patch_status(self, status: dict[str, Any] | None) -> dict[str, Any]:
        """Change the status as nobody should, and return what became of the policy."""
        patch = {"status": status}
        return patch_object(self.cluster, KIND, self.namespace, self.name, patch, part="status")

    def start_deletion(self) -> None:
        """Ask for its deletion, which may take its time."""
        delete_object(self.cluster, KIND, self.namespace, self.name)

    def wait_until_gone(self, *, seconds: float = DEADLINE_SECONDS) -> None:
        place = (self.cluster, KIND, self.namespace, self.name)
        wait_for(lambda: find_object(*place), lambda found: found is None, seconds=seconds)

    def delete(self) -> None:
        """Delete it; one that does not go at once has something that holds it."""
        delete_and_wait(self.cluster, KIND, self.namespace, self.name)

    def nudge(self) -> None:
        """Have the operator look at it now, where a test need not wait for the resync."""
        self.annotate(f"nudged-at={time.monotonic()}")

    def read(self) -> dict[str, Any]:
        return read_object(self.cluster, KIND, self.namespace, self.name)

    def read_status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.read().get("status", {})
        return status

    def read_conditions(self) -> dict[str, Condition]:
        """Return the conditions by type."""
        return {each["type"]: each for each in self.read_status().get("conditions", [])}

    def read_events(self, reason: str) -> list[str]:
        """Return the messages of its Events of one reason."""
        wanted = f"involvedObject.name={self.name},reason={reason}"
        found = list_objects(self.cluster, "events", self.namespace, fields=wanted)
        return [each["message"] for each in found]

    def wait_for_events(self, reason: str) -> list[str]:
        """Return those of a reason once there is one: they are posted when nothing is urgent."""
        return wait_for(lambda: self.read_events(reason), bool)

    def wait_for(
        self,
        type_: str,
        status: str,
        reason: str | None = None,
        *,
        seconds: float = DEADLINE_SECONDS,
    ) -> Condition:
        """Wait for a condition and return it; it must speak of the policy as it is now."""

        def holds(found: dict[str, Any]) -> bool:
            condition = _find(found, type_)
            return (
                condition.get("status") == status
                and condition["observedGeneration"] == found["metadata"]["generation"]
                and reason in {None, condition["reason"]}
            )

        return _find(wait_for(self.read, holds, seconds=seconds), type_)

    def wait_for_root(self) -> str:
        """Return the fingerprint of its root once it is told: objects are written before that."""
        status = wait_for(self.read_status, lambda found: "root" in found)
        return str(status["root"]["fingerprint"])

    def wait_until_ready(self) -> None:
        self.wait_for("Ready", "True")


MakePolicy = Callable[..., Policy]


def _find(found: dict[str, Any], type_: str) -> Condition:
    conditions = found.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == type_), {})

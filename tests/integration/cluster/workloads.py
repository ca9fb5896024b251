"""Workloads of a namespace, and PodBounceDirectives that restart them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects, read_object
from tests.integration.kube_writes import apply_object, create_object, delete_and_wait

KIND = "podbouncedirectives"
ANNOTATION = "internal.gloo.solo.io/trust-hash"
FIRST, SECOND = "1" * 64, "2" * 64

SECONDS = 60.0


class Workloads:
    """The workloads of one namespace, each by the label `app`."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def create(
        self,
        name: str,
        *,
        kind: str = "Deployment",
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        replicas: int = 1,
        env: dict[str, str] | None = None,
        **spec: Any,
    ) -> None:
        """Create one, and wait until its pods are ready; `env` is that of its container."""
        own = {"app": name}
        variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
        container = {"name": "main", "image": "registry.example/main", "env": variables}
        template = {
            "metadata": {"labels": {**own, **(labels or {})}, "annotations": annotations or {}},
            "spec": {"containers": [container]},
        }
        count = {} if kind == "DaemonSet" else {"replicas": replicas}
        named = {"serviceName": name} if kind == "StatefulSet" else {}
        content = {"selector": {"matchLabels": own}, "template": template, **count, **named}
        self.apply(
            {
                "apiVersion": "apps/v1",
                "kind": kind,
                "metadata": {"name": name},
                "spec": {**content, **spec},
            }
        )
        wait_for(lambda: len(self.list_ready(name)), lambda count: count >= replicas)

    def apply(self, manifest: dict[str, Any]) -> None:
        apply_object(self.cluster, manifest, namespace=self.namespace)

    def budget(self, app: str, **spec: Any) -> None:
        """Give its pods a disruption budget, and wait until that is counted."""
        selector = {"matchLabels": {"app": app}}
        self.apply(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": app},
                "spec": {"selector": selector, **spec},
            }
        )
        wait_for(
            lambda: self.read("poddisruptionbudget", app).get("status", {}),
            lambda status: status.get("currentHealthy", 0) > 0,
        )

    def read(self, kind: str, name: str) -> dict[str, Any]:
        return read_object(self.cluster, f"{kind}s", self.namespace, name)

    def find_hash(self, name: str, *, kind: str = "deployment") -> str | None:
        """Return the trust hash on its template of pods."""
        metadata = self.read(kind, name)["spec"]["template"]["metadata"]
        found: str | None = metadata.get("annotations", {}).get(ANNOTATION)
        return found

    def list_pods(self, app: str) -> list[dict[str, Any]]:
        found = list_objects(self.cluster, "pods", self.namespace, labels=f"app={app}")
        return [each for each in found if "deletionTimestamp" not in each["metadata"]]

    def list_ready(self, app: str) -> list[str]:
        """Return the uids of its pods that are ready."""
        return [
            each["metadata"]["uid"]
            for each in self.list_pods(app)
            if any(
                (one["type"], one["status"]) == ("Ready", "True")
                for one in each.get("status", {}).get("conditions", ())
            )
        ]

    def kubectl(self, *words: str) -> str:
        return self.cluster.kubectl(*words, "-n", self.namespace).stdout


class Bounce:
    """One PodBounceDirective, in the operator's own namespace or elsewhere."""

    def __init__(self, cluster: Cluster, *, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name

    def create(
        self, groups: Sequence[dict[str, Any]], *, trust_hash: str | None = FIRST, **spec: Any
    ) -> None:
        hashed = {"trustHash": trust_hash} if trust_hash else {}
        manifest = {
            "apiVersion": "internal.gloo.solo.io/v2",
            "kind": "PodBounceDirective",
            "metadata": {"namespace": self._namespace, "name": self._name},
            "spec": {"podsToBounce": list(groups), **hashed, **spec},
        }
        create_object(self._cluster, KIND, manifest)

    def delete(self) -> None:
        delete_and_wait(self._cluster, KIND, self._namespace, self._name)

    def read_status(self) -> dict[str, Any]:
        found = read_object(self._cluster, KIND, self._namespace, self._name)
        status: dict[str, Any] = found.get("status", {})
        return status

    def wait_for(
        self, holds: Callable[[dict[str, Any]], bool], *, seconds: float = SECONDS
    ) -> dict[str, Any]:
        return wait_for(self.read_status, holds, seconds=seconds)

    def wait_for_state(self, state: str) -> dict[str, Any]:
        return self.wait_for(lambda found: found.get("state") == state)

    def wait_for_reason(self, reason: str, *, type_: str = "Complete") -> dict[str, Any]:
        """Wait until a condition says why it does not hold, or holds."""
        return self.wait_for(lambda found: find_reason(found, type_) == reason)

    def read_events(self) -> set[str]:
        """Return the reasons of the events on it."""
        selector = f"involvedObject.name={self._name}"
        found = list_objects(self._cluster, "events", self._namespace, fields=selector)
        return {each["reason"] for each in found}


def find_reason(status: dict[str, Any], type_: str = "Complete") -> str | None:
    conditions = status.get("conditions", ())
    return next((each["reason"] for each in conditions if each["type"] == type_), None)


def select(namespace: str, app: str, **more: Any) -> dict[str, Any]:
    """Return a group of a directive."""
    return {"namespace": namespace, "labels": {"app": app}, **more}


def show_states(status: dict[str, Any]) -> dict[str, str]:
    """Return the state and the reason of each workload by its name."""
    return {
        each["name"]: f"{each['state']}/{each.get('reason')}"
        for each in status.get("workloads", ())
    }

"""What kubelets would tell of the pods of a namespace: the testbed of these tests has no nodes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from testbed import Cluster
from tests.integration.kube_api import RefusedError, list_objects
from tests.integration.kube_writes import patch_object

LOOK_SECONDS = 0.2


class Kubelet:
    """Lets pods become ready, but for those of workloads that are `held` by the label `app`."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._stop = threading.Event()
        self.held: set[str] = set()

    def run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            for pod in self._list_pods():
                self._serve(pod)

    def stop(self) -> None:
        self._stop.set()

    def _list_pods(self) -> list[dict[str, Any]]:
        return list_objects(self._cluster, "pods", self._namespace)

    def _serve(self, pod: dict[str, Any]) -> None:
        app = pod["metadata"].get("labels", {}).get("app")
        if app in self.held or _is_ready(pod):
            return
        condition = {"type": "Ready", "status": "True"}
        self._patch(pod, {"phase": "Running", "conditions": [condition]})

    def _patch(self, pod: dict[str, Any], status: dict[str, Any]) -> None:
        name, patch = pod["metadata"]["name"], {"status": status}
        with suppress(RefusedError):  # it went meanwhile
            patch_object(self._cluster, "pods", self._namespace, name, patch, part="status")


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


@contextmanager
def run_kubelet(cluster: Cluster, namespace: str) -> Iterator[Kubelet]:
    kubelet = Kubelet(cluster, namespace)
    thread = threading.Thread(target=kubelet.run, daemon=True)
    thread.start()
    yield kubelet
    kubelet.stop()
    thread.join()

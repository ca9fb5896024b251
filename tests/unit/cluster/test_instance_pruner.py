from __future__ import annotations

from typing import Any

import pytest

from roottrust.cluster.instance_pruner import InstancePruner
from roottrust.cluster.kinds import ISSUED_CERTIFICATES
from roottrust.kube.kind import PODS
from tests.unit.cluster.fakes import CERTIFICATE, build_certificate, build_object, build_store


class FakeClient:
    """An API server that has some pods."""

    def __init__(self, *pods: str) -> None:
        self.pods = pods
        self.asked: list[str] = []
        self.patched: list[str] = []

    async def get(self, kind: Any, *, name: str, **_: str) -> dict[str, Any] | None:
        assert kind == PODS
        self.asked.append(name)
        return {} if name in self.pods else None

    async def patch_json(self, kind: Any, operations: Any, **place: Any) -> None:
        assert kind == ISSUED_CERTIFICATES
        assert place["subresource"] == "status"
        self.patched += [each["value"] for each in operations if each["op"] == "test"]


async def prune(client: FakeClient, certificate: dict[str, Any], *watched: str) -> None:
    pods = [(PODS, build_object(pod, namespace="istio-system")) for pod in watched]
    store = build_store([(ISSUED_CERTIFICATES, certificate), *pods])
    pruner = InstancePruner(client, store, cluster="cluster1")  # type: ignore[arg-type]
    await pruner.reconcile(CERTIFICATE)


async def test_a_pod_that_the_watch_has_is_not_asked_for() -> None:
    client = FakeClient("a")
    await prune(client, build_certificate("a", "b"), "a")
    assert (client.asked, client.patched) == (["b"], ["b"])


async def test_a_pod_that_the_watch_lacks_keeps_its_entry_while_it_is_there() -> None:
    client = FakeClient("a", "b")
    await prune(client, build_certificate("a", "b"))
    assert client.patched == []


@pytest.mark.parametrize(
    "certificate", [build_certificate("a", cluster="cluster2"), build_certificate()]
)
async def test_what_is_not_ours_or_reports_nothing_is_left_alone(
    certificate: dict[str, Any],
) -> None:
    client = FakeClient()
    await prune(client, certificate)
    assert (client.asked, client.patched) == ([], [])

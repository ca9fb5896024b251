"""The replicas of an istiod, as the API server tells of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.client import KubeClient
from roottrust.kube.istiod_pods import IstiodPod, read_istiod_pods
from tests.unit.kube.conftest import StubServer

SELECTOR = {
    "matchLabels": {"app": "istiod"},
    "matchExpressions": [
        {"key": "istio.io/rev", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
        {"key": "tier", "operator": "NotIn", "values": ["x"]},
    ],
}


def build_pod(name: str, **metadata: Any) -> dict[str, Any]:
    status = {"phase": "Running", "podIP": "10.0.0.9"}
    return {"metadata": {"name": name, **metadata}, "status": status}


async def test_pods_are_those_that_the_deployment_selects_and_keeps(
    client: KubeClient, server: StubServer
) -> None:
    server.answer(200, {"spec": {"selector": SELECTOR}})
    pods = [build_pod("b"), build_pod("gone", deletionTimestamp="2030-01-01T00:00:00Z")]
    server.answer(200, {"items": [*pods, {"metadata": {"name": "a"}}]})
    assert await read_istiod_pods(client, namespace="istio-system", deployment="istiod") == (
        IstiodPod(name="a", address=None, is_running=False),
        IstiodPod(name="b", address="10.0.0.9", is_running=True),
    )
    asked = parse_qs(urlsplit(server.asked[1][1]).query)
    assert asked["labelSelector"] == ["app=istiod,istio.io/rev in (a,b),!old,new,tier notin (x)"]


async def test_a_deployment_that_is_not_there_is_told(
    client: KubeClient, server: StubServer
) -> None:
    server.answer(404, {"details": {"name": "istiod"}})
    with pytest.raises(DependencyMissingError, match="is istiod installed here"):
        await read_istiod_pods(client, namespace="istio-system", deployment="istiod")

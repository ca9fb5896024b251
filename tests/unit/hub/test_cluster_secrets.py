from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from roottrust.domain.cluster_registration import Registrations
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.reasons import Reason
from roottrust.hub.cluster_secrets import ClusterSecrets
from roottrust.kube.kind import SECRETS, ResourceKind
from roottrust.kube.page import Page
from roottrust.kube.watch_client import WatchEvent
from tests.unit.domain.kubeconfigs import build_secret
from tests.unit.hub.fakes import fake


class FakeClient:
    """An API server that has Secrets, and asks to be asked for the right ones."""

    def __init__(self) -> None:
        self.secrets: list[dict[str, Any]] = []
        self.failure: RootTrustError | None = None
        self.changes: asyncio.Queue[WatchEvent] = asyncio.Queue()

    async def list_page(self, kind: ResourceKind, *, following: str, **place: Any) -> Page:
        expected = {"namespace": "gloo-mesh", "label_selector": "istio/multiCluster=true"}
        assert (kind, place, following) == (SECRETS, expected, "")
        if self.failure is not None:
            raise self.failure
        return Page(items=tuple(self.secrets), version="5", following="")

    async def watch(self, kind: ResourceKind, **place: Any) -> AsyncGenerator[WatchEvent]:
        assert (kind, place["label_selector"]) == (SECRETS, "istio/multiCluster=true")
        while True:
            yield await self.changes.get()


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def told() -> list[Registrations]:
    return []


def build(client: FakeClient, register: Callable[[Registrations], None]) -> ClusterSecrets:
    return ClusterSecrets(fake(client), namespace="gloo-mesh", own_name="c1", register=register)


async def test_what_they_register_is_told_at_first_and_after_each_change(
    client: FakeClient, told: list[Registrations]
) -> None:
    client.secrets = [build_secret()]
    secrets = build(client, told.append)
    await secrets.list()
    assert [list(each.used) for each in told] == [["c2"]]
    stop = asyncio.Event()
    following = asyncio.create_task(secrets.run(stop))
    gone = build_secret(resourceVersion="9")
    client.changes.put_nowait(WatchEvent(type="DELETED", found=gone, size=1))
    async with asyncio.timeout(5):
        while len(told) < 2 or told[-1].used:  # noqa: ASYNC110 - a pace is waited for
            await asyncio.sleep(0.02)
    stop.set()
    await following


async def test_without_the_right_to_read_them_the_hub_serves_its_own_cluster(
    client: FakeClient, told: list[Registrations], caplog: pytest.LogCaptureFixture
) -> None:
    client.failure = AccessDeniedError(
        "The API server denied list on secrets: grant it.",
        reason=Reason.ACCESS_DENIED,
        path="secrets",
        capability="list",
    )
    secrets = build(client, told.append)
    for _ in range(2):
        await secrets.list()
    assert [each.used for each in told] == [{}, {}]
    (line,) = caplog.messages
    assert line.startswith("the Secrets in gloo-mesh that register clusters cannot be read: The")


async def test_nothing_else_of_a_secret_is_kept(client: FakeClient) -> None:
    secret = build_secret(uid="uid-1", managedFields=[{}], ownerReferences=[{}])
    client.secrets = [{**secret, "type": "Opaque", "immutable": True}]
    secrets = build(client, lambda _: None)
    await secrets.list()
    (kept,) = secrets._store.list(SECRETS)
    assert sorted(kept) == ["data", "metadata"]
    assert sorted(kept["metadata"]) == ["labels", "name", "namespace", "uid"]

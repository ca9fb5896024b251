from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roottrust.kube.access import KubeAccess
from roottrust.kube.kind import CONFIG_MAPS, SECRETS, ResourceKind
from roottrust.runtime.kopf_glue import KopfWatches
from roottrust.runtime.kopf_settings import build_kopf_settings
from roottrust.runtime.watching import WatchedKind

POLICIES = ResourceKind(
    group="admin.gloo.solo.io", version="v2", plural="roottrustpolicies", kind="RootTrustPolicy"
)


def test_settings_follow_the_table_but_where_memory_was_measured() -> None:
    settings = build_kopf_settings(
        [
            WatchedKind(resource=POLICIES),
            WatchedKind(
                resource=SECRETS, namespace="ops", label_selector="istio/multiCluster=true"
            ),
            WatchedKind(resource=CONFIG_MAPS, field_selector="metadata.name=istio-ca-root-cert"),
        ]
    )
    assert settings.peering.standalone
    assert not settings.posting.loggers
    assert settings.posting.worker_limit == 8
    assert settings.posting.reporting_component == "roottrust-operator"
    assert settings.persistence.finalizer == "admin.gloo.solo.io/roottrust"
    assert settings.watching.chunk_size == 100
    assert (settings.watching.server_timeout, settings.watching.client_timeout) == (600, 660)
    assert (settings.networking.request_timeout, settings.networking.connect_timeout) == (30, 10)
    assert settings.networking.enforce_retry_after
    assert settings.queueing.idle_timeout == 0.05
    assert settings.queueing.worker_limit is None
    assert settings.execution.max_workers == 32
    assert settings.scanning.disabled
    assert settings.process.ultimate_exiting_timeout is None
    assert list(settings.watching.label_selectors.values()) == ["istio/multiCluster=true"]
    assert list(settings.watching.field_selectors.values()) == ["metadata.name=istio-ca-root-cert"]


def build_watches(*watched: WatchedKind) -> KopfWatches:
    return KopfWatches(
        access=KubeAccess(configuration=None, ca_pem=None), watched=watched, on_event=print
    )


def test_namespaces_cannot_be_mixed() -> None:
    with pytest.raises(ValueError, match="one namespace"):
        build_watches(
            WatchedKind(resource=POLICIES), WatchedKind(resource=SECRETS, namespace="ops")
        )


async def test_failure_of_kopf_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    watches = build_watches(WatchedKind(resource=POLICIES))

    async def fail(**_: Any) -> None:
        raise RuntimeError("kopf is broken")

    monkeypatch.setattr("kopf.operator", fail)
    with pytest.raises(RuntimeError, match="kopf is broken"):
        await watches.run(asyncio.Event())


async def test_stop_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    watches = build_watches(WatchedKind(resource=POLICIES))
    loop = asyncio.get_running_loop()
    started = asyncio.Event()
    stop = asyncio.Event()

    async def operate(*, stop_flag: Any, ready_flag: Any, **_: Any) -> None:
        ready_flag.set()
        loop.call_soon_threadsafe(started.set)
        await asyncio.to_thread(stop_flag.wait)

    monkeypatch.setattr("kopf.operator", operate)
    task = asyncio.create_task(watches.run(stop))
    await started.wait()
    assert watches.is_started
    stop.set()
    await task


async def test_events_arrive_in_our_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[str | None, str]] = []
    stop = asyncio.Event()

    def take(*, kind: ResourceKind, type_: str | None, found: Any) -> None:
        assert asyncio.get_running_loop() is loop
        got.append((type_, found["metadata"]["name"]))
        if len(got) == 3:
            stop.set()

    async def operate(*, registry: Any, stop_flag: Any, **_: Any) -> None:
        (handler,) = registry._watching.get_all_handlers()
        for type_ in (None, "ADDED", "DELETED"):
            event = {"type": type_, "object": {"metadata": {"name": "a"}}}
            assert await handler.fn(event=event, logger=None) is None
        await asyncio.to_thread(stop_flag.wait)

    monkeypatch.setattr("kopf.operator", operate)
    loop = asyncio.get_running_loop()
    watches = KopfWatches(
        access=KubeAccess(configuration=None, ca_pem=None),
        watched=(WatchedKind(resource=POLICIES),),
        on_event=take,
    )
    await watches.run(stop)
    assert got == [(None, "a"), ("ADDED", "a"), ("DELETED", "a")]

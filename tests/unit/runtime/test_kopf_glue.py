from __future__ import annotations

import asyncio
import getpass
import threading
from typing import Any

import kopf
import pytest
from kubernetes.aio.client import Configuration

from roottrust.kube.access import KubeAccess
from roottrust.kube.kind import ResourceKind
from roottrust.runtime import kopf_glue
from roottrust.runtime.kopf_glue import KopfWatches
from roottrust.runtime.watching import WatchedKind

MESHES = ResourceKind(group="internal.gloo.solo.io", version="v2", plural="meshes", kind="Mesh")


async def test_starts_for_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user is a number, and kopf would ask for its name."""
    begun = threading.Event()

    def fail() -> str:
        raise OSError("No username set in the environment")

    async def operate(**options: Any) -> None:
        if options.get("identity") is None:
            getpass.getuser()
        begun.set()
        await asyncio.to_thread(options["stop_flag"].wait)

    monkeypatch.setattr(getpass, "getuser", fail)
    monkeypatch.setattr(kopf, "operator", operate)
    watches = KopfWatches(
        access=KubeAccess(configuration=Configuration(host="http://127.0.0.1:1"), ca_pem=None),
        watched=(WatchedKind(resource=MESHES),),
        on_event=lambda **_: None,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(watches.run(stop))
    assert await asyncio.to_thread(begun.wait, 5)
    stop.set()
    await running


async def test_process_that_is_to_end_at_once_does_not_wait_for_kopf(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, release = threading.Event(), threading.Event()

    async def operate(**options: Any) -> None:
        begun.set()
        await asyncio.to_thread(options["stop_flag"].wait)
        asyncio.get_running_loop().call_exception_handler({"message": "kopf stumbles"})
        await asyncio.to_thread(release.wait)

    monkeypatch.setattr(kopf, "operator", operate)
    monkeypatch.setattr(kopf_glue, "CUT_SECONDS", 0.01)
    watches = KopfWatches(
        access=KubeAccess(configuration=Configuration(host="http://127.0.0.1:1"), ca_pem=None),
        watched=(WatchedKind(resource=MESHES),),
        on_event=lambda **_: None,
    )
    running = asyncio.create_task(watches.run(asyncio.Event()))
    assert await asyncio.to_thread(begun.wait, 5)
    running.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(running, return_exceptions=True)
    release.set()
    assert running.cancelled()
    assert "stumbles" not in caplog.text

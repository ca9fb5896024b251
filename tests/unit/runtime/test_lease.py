from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.domain.errors import ConflictError
from roottrust.runtime.lease import LeaseLock
from tests.unit.runtime.fake_lease import FakeLeases

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def build_lock(leases: FakeLeases, identity: str = "a") -> LeaseLock:
    client: Any = leases
    return LeaseLock(
        client, namespace="ns", name="hub", identity=identity, seconds=15, now=lambda: NOW
    )


@pytest.fixture
def leases() -> FakeLeases:
    return FakeLeases()


async def test_created_as_kubernetes_knows_leases(leases: FakeLeases) -> None:
    lock = build_lock(leases)
    assert await lock.read() is None
    await lock.take(None)
    assert leases.found is not None
    assert leases.found["spec"] == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-02T03:04:05.678901Z",
        "renewTime": "2026-01-02T03:04:05.678901Z",
        "leaseTransitions": 1,
    }


async def test_renewal_keeps_when_it_was_acquired(leases: FakeLeases) -> None:
    leases.put("a", acquireTime="2025-01-01T00:00:00.000000Z", leaseTransitions=3)
    lock = build_lock(leases)
    taken = await lock.take(await lock.read())
    assert (taken.acquired, taken.transitions) == ("2025-01-01T00:00:00.000000Z", 3)
    assert taken.renewed == "2026-01-02T03:04:05.678901Z"


async def test_takeover_is_counted(leases: FakeLeases) -> None:
    leases.put("b", leaseTransitions=3)
    lock = build_lock(leases)
    taken = await lock.take(await lock.read())
    assert (taken.holder, taken.transitions) == ("a", 4)


async def test_whoever_comes_second_is_told(leases: FakeLeases) -> None:
    lock = build_lock(leases)
    leases.put("b")
    known = await lock.read()
    leases.put("b")
    with pytest.raises(ConflictError):
        await lock.take(known)
    with pytest.raises(ConflictError):
        await lock.take(None)


async def test_released_lease_has_no_holder(leases: FakeLeases) -> None:
    lock = build_lock(leases)
    await lock.release(await lock.take(None))
    assert leases.holder == ""


async def test_lease_without_anything_is_free(leases: FakeLeases) -> None:
    leases.found = {"metadata": {"resourceVersion": "1"}}
    lease = await build_lock(leases).read()
    assert lease is not None
    assert (lease.holder, lease.seconds) == ("", 15)


async def test_equal_as_long_as_nobody_renews(leases: FakeLeases) -> None:
    lock = build_lock(leases)
    leases.put("b")
    first = await lock.read()
    leases.put("b")
    assert await lock.read() == first
    leases.put("b", renewTime="2001-01-01T00:00:02.000000Z")
    assert await lock.read() != first

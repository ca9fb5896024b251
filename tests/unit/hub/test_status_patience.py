"""A hub that has just started: what is told while it is still connecting to clusters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import TransientError
from roottrust.domain.reasons import Reason
from roottrust.hub.status_patience import CONNECTING as LONGEST
from tests.unit.domain.mirrors import AWAY
from tests.unit.domain.samples import build_known, build_manifest_spec
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest

CONNECTING = ClusterTrouble(reason=Reason.CLUSTER_CONNECTING, message="Soon.")
NAMES = ("cluster1", "cluster2", "cluster3")


@pytest.fixture
async def fleet() -> Bench:
    """A policy for three clusters, all of which were well before the hub started anew."""
    bench = Bench()
    bench.put(build_manifest(spec=build_manifest_spec()))
    connect(bench, *NAMES)
    await bench.reconcile()
    await bench.reconcile()
    bench.kube.applied.clear()
    bench.events.posted.clear()
    bench.restart()
    return bench


def connect(bench: Bench, *names: str, trouble: ClusterTrouble = CONNECTING) -> None:
    """Have these clusters well, and the others in that trouble."""
    known = (build_known(name) for name in NAMES)
    bench.registry.clusters = tuple(
        each if each.name in names else replace(each, trouble=trouble) for each in known
    )


async def look(bench: Bench, *, seconds: float = 2.0) -> float | None:
    bench.now += timedelta(seconds=seconds)
    return await bench.controller.reconcile(bench.key)


async def test_a_start_writes_nothing_however_long_it_takes_to_connect(fleet: Bench) -> None:
    for count in range(len(NAMES)):
        connect(fleet, *NAMES[:count])
        for _ in range(20):
            wait = await look(fleet)
            assert wait is not None
            assert 0 < wait <= LONGEST.total_seconds()
    connect(fleet, *NAMES)
    await look(fleet)
    assert fleet.kube.applied == []
    assert fleet.events.posted == []


async def test_where_none_of_them_gets_any_further_it_is_told(fleet: Bench) -> None:
    connect(fleet, "cluster1")
    assert await look(fleet) == LONGEST.total_seconds()
    await look(fleet, seconds=LONGEST.total_seconds())
    (told,) = fleet.kube.applied
    reasons = {each["type"]: each["reason"] for each in told["status"]["conditions"]}
    assert reasons["CertificatesIssued"] == "ClusterConnecting"


async def test_one_that_is_in_trouble_is_told_of_once_no_other_is_connected_to(
    fleet: Bench,
) -> None:
    connect(fleet)
    await look(fleet)
    assert fleet.kube.applied == []
    connect(fleet, "cluster1", "cluster2", trouble=AWAY)
    await look(fleet)
    assert len(fleet.kube.applied) == 1


async def test_another_generation_is_told_of_at_once(fleet: Bench) -> None:
    connect(fleet, "cluster1")
    fleet.edit(metadata={"generation": 7})
    await look(fleet)
    assert fleet.kube.applied[0]["status"]["observedGeneration"] == 7


async def test_what_was_put_right_in_vault_is_told_at_once(fleet: Bench) -> None:
    connect(fleet, "cluster2")
    fleet.edit_role(token_ttl=1)
    await look(fleet)
    assert len(fleet.kube.applied) == 1


async def test_what_fails_in_vault_is_told_at_once(fleet: Bench) -> None:
    connect(fleet, "cluster2")
    fleet.servers.refusal = TransientError("Vault is away.", reason=Reason.UNREACHABLE)
    with pytest.raises(TransientError):
        await look(fleet)
    assert len(fleet.kube.applied) == 1

from __future__ import annotations

import asyncio

import pytest
from kubernetes.aio.client import Configuration

from roottrust.kube.access import KubeAccess
from roottrust.runtime.fence import FencedError
from roottrust.runtime.leadership import Leadership, SoleLeader, find_lease, open_leadership
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings import LeaderElectionSettings, OperatorSettings

ACCESS = KubeAccess(configuration=Configuration(host="http://127.0.0.1:1"), ca_pem=None)


def build_settings(*, enabled: bool) -> OperatorSettings:
    return OperatorSettings(
        cluster={"name": "c1"}, roles=("cluster",), leader_election={"enabled": enabled}
    )


async def test_alone_by_configuration_works_at_once() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("worked")

    async with open_leadership(
        build_settings(enabled=False), ACCESS, metrics=Metrics()
    ) as leadership:
        assert isinstance(leadership, SoleLeader)
        assert leadership.leads
        leadership.check()
        assert await leadership.wait(asyncio.Event())
        await leadership.run(work)
    assert done == ["worked"]
    assert "without an election" in leadership.describe()


async def test_candidate_writes_nothing_before_it_leads() -> None:
    async with open_leadership(
        build_settings(enabled=True), ACCESS, metrics=Metrics()
    ) as leadership:
        with pytest.raises(FencedError):
            leadership.check()
        assert not leadership.leads


async def test_stop_ends_the_wait() -> None:
    stop = asyncio.Event()
    stop.set()
    sole: Leadership = SoleLeader()
    assert not await sole.wait(stop)
    async with open_leadership(
        build_settings(enabled=True), ACCESS, metrics=Metrics()
    ) as leadership:
        assert not await leadership.wait(stop)


def test_default_is_what_kubernetes_itself_uses() -> None:
    terms = LeaderElectionSettings()
    assert terms.enabled
    assert (terms.lease_seconds, terms.renew_seconds, terms.retry_seconds) == (15, 10, 2)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"leaseSeconds": 10, "renewSeconds": 10}, "renewSeconds must be less"),
        ({"renewSeconds": 3, "retrySeconds": 2}, "retrySeconds must be at most half"),
    ],
)
def test_terms_leave_time_to_stop(terms: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LeaderElectionSettings.model_validate(terms)


@pytest.mark.parametrize(
    ("roles", "lease"),
    [
        (("hub",), "roottrust-hub"),
        (("cluster", "hub"), "roottrust-hub"),
        (("cluster",), "roottrust-cluster"),
    ],
)
def test_roles_of_one_process_have_one_lease(roles: tuple[str, ...], lease: str) -> None:
    server = {"address": "https://vault.example", "login": {"tokenFile": {"path": "/token"}}}
    settings = OperatorSettings(cluster={"name": "c1"}, roles=roles, vault_servers=(server,))
    assert find_lease(settings) == lease

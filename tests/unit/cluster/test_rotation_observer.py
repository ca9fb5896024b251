from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import RotationEvidence
from roottrust.cluster.pod_pace import LOOK_SECONDS, LOOK_SECONDS_MAX, find_pod_pause
from roottrust.cluster.rotation_observer import REPLICA_SECONDS, RotationLook, RotationObserver
from roottrust.domain.observed_step import ObservedStep
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.kube.kind import PODS, ResourceKind
from roottrust.kube.page import Page
from tests.unit.domain.observations import OTHER, build_istiod, build_trust
from tests.unit.domain.test_old_leaves import build_proxy

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
# The API server's clock is another one than ours.
THERE = NOW - timedelta(minutes=7)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
POD = "istiod-5d9c7b6f4-abcde"
STEP = ObservedStep(name="g2-abc", serving=frozenset({POD}))
WAITS = RotationEvidence(step="g2-abc")


class FakeServer:
    """An API server that lists pods in pages of two."""

    def __init__(self, *pods: dict[str, Any]) -> None:
        self.pods = list(pods)
        self.replicas = [POD]
        self.nodes: list[dict[str, Any]] = []
        self.passed = timedelta()
        self.tells_time = True
        self.lists: list[str] = []

    async def list_pages(
        self, kind: ResourceKind, *, label_selector: str, field_selector: str, **_: Any
    ) -> AsyncIterator[Page]:
        assert kind == PODS
        assert "status.phase!=Succeeded" in field_selector
        self.lists.append(label_selector)
        found = {
            "app=istiod": [{"metadata": {"name": each}} for each in self.replicas],
            "app=ztunnel": self.nodes,
        }.get(label_selector, self.pods)
        for start in range(0, max(len(found), 1), 2):
            answered_at = THERE + self.passed if self.tells_time else None
            yield Page(items=tuple(found[start : start + 2]), answered_at=answered_at)

    def build_observer(self) -> RotationObserver:
        client: Any = self
        return RotationObserver(client, now=lambda: NOW + self.passed)


def build(**changes: Any) -> ObservedTrust:
    return build_trust(**{"step": STEP, **changes})


async def test_without_a_rotation_no_pod_is_looked_at() -> None:
    server = FakeServer(build_proxy())
    told = RotationEvidence(step="g2-abc", since=NOW, total=3)
    look = await server.build_observer().look(build_trust(), told)
    assert look == RotationLook(evidence=None)
    assert server.lists == []


@pytest.mark.parametrize(
    "changes",
    [
        {"step": ObservedStep(name="g2-abc", holding=frozenset({POD}))},
        {"step": ObservedStep(name="g2-abc", serving=frozenset({POD}), lacking=frozenset({"b"}))},
        {"published": OTHER},
        {"bundles": {}},
        {"istiod": build_istiod(wanted=2)},
    ],
)
async def test_until_all_serve_it_nothing_is_proven_and_no_pod_looked_at(
    changes: dict[str, Any],
) -> None:
    server = FakeServer(build_proxy())
    look = await server.build_observer().look(build(**changes), None)
    assert look == RotationLook(evidence=WAITS)
    assert server.lists == []


async def test_since_when_is_told_together_with_who_is_late_by_the_servers_clock() -> None:
    proxies = [build_proxy(f"pod-{number}", created_at=THERE) for number in range(5)]
    young = build_proxy("young", created_at=THERE + SECOND)
    server = FakeServer(*proxies, young)
    look = await server.build_observer().look(build(), WAITS)
    evidence = look.evidence
    assert evidence is not None
    assert (evidence.since, evidence.total) == (THERE, 5)
    assert evidence.ends_at == THERE + DAY + SECOND
    assert look.pause == pytest.approx(LOOK_SECONDS, abs=1)


async def test_where_the_server_tells_no_time_it_is_ours() -> None:
    server = FakeServer()
    server.tells_time = False
    look = await server.build_observer().look(build(), None)
    assert look == RotationLook(evidence=RotationEvidence(step="g2-abc", since=NOW))


async def test_an_istiod_that_reports_nothing_is_waited_for() -> None:
    server = FakeServer()
    server.replicas += ["istiod-5d9c7b6f4-other", "istiod-canary-5d9c7b6f4-other"]
    observer = server.build_observer()
    assert await observer.look(build(), None) == RotationLook(evidence=WAITS, pause=REPLICA_SECONDS)
    server.replicas.remove("istiod-5d9c7b6f4-other")
    look = await observer.look(build(), WAITS)
    assert look.evidence == RotationEvidence(step="g2-abc", since=THERE)


async def test_what_is_proven_is_kept_and_looked_at_no_more() -> None:
    server = FakeServer(build_proxy())
    proven = RotationEvidence(step="g2-abc", since=THERE)
    lost = ObservedStep(name="g2-abc", lacking=frozenset({POD}))
    for trust in (build(), build(step=lost), build(published=OTHER)):
        look = await server.build_observer().look(trust, proven)
        assert look == RotationLook(evidence=proven)
    assert server.lists == []


async def test_another_step_forgets_the_one_before() -> None:
    server = FakeServer(build_proxy())
    proven = RotationEvidence(step="g2-old", since=THERE - DAY)
    look = await server.build_observer().look(build(), proven)
    assert look.evidence is not None
    assert (look.evidence.since, look.evidence.total) == (THERE, 1)
    waits = build(step=ObservedStep(name="g2-new"))
    assert (await server.build_observer().look(waits, look.evidence)).evidence == RotationEvidence(
        step="g2-new"
    )


async def test_pods_are_counted_again_in_time_until_none_is_left() -> None:
    server = FakeServer(build_proxy(ttl="1h"))
    observer = server.build_observer()
    first = (await observer.look(build(), None)).evidence
    assert first is not None
    told = first.model_copy(update={"restarts_requested": (RestartScope.WORKLOADS,)})
    counted = len(server.lists)
    rested = await observer.look(build(), told)
    assert rested.evidence == told
    assert rested.pause == pytest.approx(LOOK_SECONDS, abs=1)
    assert len(server.lists) == counted

    server.passed = timedelta(seconds=LOOK_SECONDS + 1)
    again = await observer.look(build(step=ObservedStep(name="g2-abc")), told)
    assert again.evidence == told
    assert len(server.lists) > counted

    server.passed = timedelta(hours=1, seconds=1)
    look = await observer.look(build(), told)
    assert look.pause is None
    assert look.evidence == RotationEvidence(
        step="g2-abc", since=THERE, restarts_requested=(RestartScope.WORKLOADS,)
    )


async def test_an_operator_that_starts_goes_on_with_what_was_told() -> None:
    server = FakeServer(build_proxy(created_at=THERE - DAY))
    since = THERE - timedelta(hours=5)
    told = RotationEvidence(step="g2-abc", since=since, total=9)
    look = await server.build_observer().look(build(), told)
    assert look.evidence is not None
    assert (look.evidence.since, look.evidence.total) == (since, 1)


async def test_the_proxies_of_nodes_count() -> None:
    server = FakeServer()
    server.nodes = [build_proxy("ztunnel-abcde", labels={"app": "ztunnel"})]
    look = await server.build_observer().look(build(), None)
    assert look.evidence is not None
    assert look.evidence.total == 1


async def test_it_is_seen_when_the_proxies_of_nodes_are_restarted() -> None:
    """Also long after their leaves have ended, with which their roots did not."""
    server = FakeServer()
    server.nodes = [build_proxy("ztunnel-abcde", labels={"app": "ztunnel"}, ttl="1h")]
    observer = server.build_observer()
    told = (await observer.look(build(), None)).evidence
    server.passed = timedelta(hours=2)
    look = await observer.look(build(), told)
    assert look.evidence is not None
    assert look.pause is not None
    assert (look.evidence.total, look.evidence.node_proxies) == (0, 1)
    server.nodes = [build_proxy("ztunnel-new", created_at=THERE + timedelta(hours=2))]
    server.passed = timedelta(hours=3)
    look = await observer.look(build(), look.evidence)
    assert look.evidence is not None
    assert (look.evidence.total, look.evidence.node_proxies, look.pause) == (0, 0, None)


async def test_of_a_mesh_that_is_gone_nothing_is_kept() -> None:
    server = FakeServer(build_proxy())
    observer = server.build_observer()
    told = (await observer.look(build(), None)).evidence
    observer.forget("istio-system/istiod")
    counted = len(server.lists)
    await observer.look(build(), told)
    assert len(server.lists) > counted


def test_the_more_pods_there_are_the_less_often_they_are_looked_at() -> None:
    assert find_pod_pause(0) == LOOK_SECONDS
    assert find_pod_pause(1_000) == 30.0
    assert find_pod_pause(10**6) == LOOK_SECONDS_MAX
